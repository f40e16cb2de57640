/** Commands of the key value command set as dwords (Key Value Command Set 1.0, section 3.2). Pure. */
import type { NativeCommand } from "../addon/command";
import { bytes, flag, object, refuse } from "../check";
import { nativeCommand } from "../command/command";

/** CSI (NVMe Base 2.0, figure 274). */
export const KEY_VALUE_COMMAND_SET = 1;
export const KEY_VALUE_OPCODE = { store: 0x01, retrieve: 0x02, list: 0x06, delete: 0x10, exist: 0x14 } as const;
export const MAX_KEY_BYTES = 16;
/** Options of dword 11. */
const STORE_OPTIONS: Record<keyof StoreOptions, number> = {
  mustExist: 1 << 8,
  mustNotExist: 1 << 9,
  uncompressed: 1 << 10,
};
const RETRIEVE_RAW = 1 << 8;

/** 1 to 16 bytes; a text is taken as UTF-8. */
export type ValueKey = string | Uint8Array;

/** What a Store depends on; each defaults to false. */
export interface StoreOptions {
  /** A key that does not exist is not stored: 00/87. */
  mustExist?: boolean;
  /** A key that exists is not stored: 00/89. */
  mustNotExist?: boolean;
  /** The drive must not compress this value. */
  uncompressed?: boolean;
}

/** The bytes of a key. @throws ERR_ARGUMENT when it has none or more than 16 */
export function keyBytes(name: string, key: ValueKey): Uint8Array {
  if (typeof key !== "string") return bytes(name, key, 1, MAX_KEY_BYTES);
  const text = new TextEncoder().encode(key);
  if (text.length === 0 || text.length > MAX_KEY_BYTES)
    refuse(`${name} has ${text.length} bytes, it must have 1 to ${MAX_KEY_BYTES}`);
  return text;
}

/** A command about a key, null for none: its first 8 bytes are in dwords 2 and 3, the others in 14 and 15. */
export function keyed(opcode: number, nsid: number, key: Uint8Array | null, hostBytes: number): NativeCommand {
  const padded = new DataView(new ArrayBuffer(MAX_KEY_BYTES));
  key?.forEach((byte, i) => void padded.setUint8(i, byte));
  const [cdw2, cdw3, cdw14, cdw15] = [0, 4, 8, 12].map((at) => padded.getUint32(at, true));
  return nativeCommand({ opcode, nsid, cdw2, cdw3, cdw10: hostBytes, cdw11: key?.length ?? 0, cdw14, cdw15 });
}

export function storeCommand(nsid: number, key: Uint8Array, valueBytes: number, options: StoreOptions): NativeCommand {
  const o = object<StoreOptions>("options", options, Object.keys(STORE_OPTIONS));
  const command = keyed(KEY_VALUE_OPCODE.store, nsid, key, valueBytes);
  for (const [name, bit] of Object.entries(STORE_OPTIONS))
    if (flag(`options.${name}`, o[name as keyof StoreOptions] ?? false)) command.cdw11 |= bit;
  return command;
}

/** `raw`: as it lies on the drive, not decompressed. */
export function retrieveCommand(nsid: number, key: Uint8Array, hostBytes: number, raw: boolean): NativeCommand {
  const command = keyed(KEY_VALUE_OPCODE.retrieve, nsid, key, hostBytes);
  if (raw) command.cdw11 |= RETRIEVE_RAW;
  return command;
}
