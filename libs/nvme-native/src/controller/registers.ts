/** Registers of a controller (NVMe Base 2.0, 3.1.3): where they lie, and all of them by name over whatever reads one. */

import type { NativeLimits } from "../addon/addon";
import { NvmeError } from "../nvme-error";
import type { HostFacts } from "./identify";

/** Byte offsets in BAR0. */
export const CAP = 0x00;
export const VS = 0x08;
export const INTMS = 0x0c;
export const CC = 0x14;
export const CSTS = 0x1c;
export const NSSR = 0x20;
export const AQA = 0x24;
export const ASQ = 0x28;
export const ACQ = 0x30;
export const DOORBELLS = 0x1000;

const REGISTERS: { name: string; offset: number; bytes: 4 | 8 }[] = [
  { name: "cap", offset: CAP, bytes: 8 },
  { name: "vs", offset: VS, bytes: 4 },
  { name: "intms", offset: INTMS, bytes: 4 },
  { name: "cc", offset: CC, bytes: 4 },
  { name: "csts", offset: CSTS, bytes: 4 },
  { name: "nssr", offset: NSSR, bytes: 4 },
  { name: "aqa", offset: AQA, bytes: 4 },
  { name: "asq", offset: ASQ, bytes: 8 },
  { name: "acq", offset: ACQ, bytes: 8 },
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
  const cap = (await shown(read, CAP, 8)) ?? 0n;
  const version = Number((await shown(read, VS, 4)) ?? 0n);
  return { ...limits, version, pageBytes: 4096 * 2 ** Number((cap >> 48n) & 15n) };
}
