/** Error Information, log page 01h (NVM Express Base 2.0, figure 206): entries of 64 bytes, newest first. Pure. */
import { countField, type Fields, unsigned } from "./fields";

export const ERROR_LOG_ID = 0x01;
export const ERROR_ENTRY_BYTES = 64;
/** More entries than this are not read. */
export const MAX_ERROR_ENTRIES = 64;
/** Identify Controller byte 262, ELPE: entries minus one. */
const ELPE = 262;

/** How many bytes of the log this controller keeps, at most MAX_ERROR_ENTRIES entries. */
export function errorLogBytes(identifyController: Uint8Array): number {
  return Math.min((identifyController[ELPE] ?? 0) + 1, MAX_ERROR_ENTRIES) * ERROR_ENTRY_BYTES;
}

/** Fields: `entries` that are in use, and of the newest one its Error Count (0: empty log), status (`sct/sc`, hexadecimal), LBA and namespace. */
export function decodeErrorLog(page: Uint8Array): Fields {
  let entries = 0;
  for (let at = 0; at + ERROR_ENTRY_BYTES <= page.length; at += ERROR_ENTRY_BYTES) {
    if (unsigned(page, at, 8) !== 0n) entries++;
  }
  const fields: Fields = { entries, newest: countField(unsigned(page, 0, 8)) };
  if (entries === 0 || unsigned(page, 0, 8) === 0n) return fields;
  // Bit 0 is the phase tag of the completion queue entry.
  const status = Number(unsigned(page, 12, 2)) >> 1;
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  fields.newestSqid = Number(unsigned(page, 8, 2));
  fields.newestCid = Number(unsigned(page, 10, 2));
  fields.newestStatus = `${hex((status >> 8) & 7)}/${hex(status & 0xff)}`;
  fields.newestLba = unsigned(page, 16, 8).toString();
  fields.newestNsid = Number(unsigned(page, 24, 4));
  return fields;
}
