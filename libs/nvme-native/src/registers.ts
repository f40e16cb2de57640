/** Registers of a controller by name (NVMe Base 2.0, 3.1.3), over whatever reads one. */

import type { NativeLimits } from "./addon/addon";
import type { HostFacts } from "./identify";
import { NvmeError } from "./nvme-error";

const REGISTERS: { name: string; offset: number; bytes: 4 | 8 }[] = [
  { name: "cap", offset: 0x00, bytes: 8 },
  { name: "vs", offset: 0x08, bytes: 4 },
  { name: "intms", offset: 0x0c, bytes: 4 },
  { name: "cc", offset: 0x14, bytes: 4 },
  { name: "csts", offset: 0x1c, bytes: 4 },
  { name: "nssr", offset: 0x20, bytes: 4 },
  { name: "aqa", offset: 0x24, bytes: 4 },
  { name: "asq", offset: 0x28, bytes: 8 },
  { name: "acq", offset: 0x30, bytes: 8 },
];

type Read = (offset: number, bytes: 4 | 8) => Promise<bigint>;

/** null: the transport does not show it. */
async function shown(read: Read, offset: number, bytes: 4 | 8): Promise<bigint | null> {
  try {
    return await read(offset, bytes);
  } catch (reason) {
    if (reason instanceof NvmeError && reason.code === "ERR_UNSUPPORTED") return null;
    throw reason;
  }
}

export async function readAll(read: Read): Promise<Record<string, bigint | null>> {
  const values: Record<string, bigint | null> = {};
  for (const { name, offset, bytes } of REGISTERS) values[name] = await shown(read, offset, bytes);
  return values;
}

/** What Identify is read with: zeroes where the transport shows no register. */
export async function hostFacts(read: Read, limits: NativeLimits): Promise<HostFacts> {
  const cap = (await shown(read, 0x00, 8)) ?? 0n;
  const version = Number((await shown(read, 0x08, 4)) ?? 0n);
  return { ...limits, version, pageBytes: 4096 * 2 ** Number((cap >> 48n) & 15n) };
}
