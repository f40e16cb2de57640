/** Fields of pages and buffers as the specification prints them: `end:begin`, both inclusive, little endian. */
import { bytes, integer } from "../check";

const MAX_PAGE_BYTES = 2 ** 31 - 1;

function part(data: Uint8Array, end: number, begin: number): Uint8Array {
  bytes("data", data, 1, MAX_PAGE_BYTES);
  integer("end", end, 0, data.byteLength - 1);
  integer("begin", begin, 0, end);
  return data.subarray(begin, end + 1);
}

/** Bytes `end:begin` as a number; one byte when `begin` is left out. */
export function field(data: Uint8Array, end: number, begin: number = end): bigint {
  return part(data, end, begin).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Bytes `end:begin` as ASCII without the spaces and zeroes at its end. */
export function fieldText(data: Uint8Array, end: number, begin: number = end): string {
  return Buffer.from(part(data, end, begin))
    .toString("latin1")
    .replace(/[\0 ]+$/, "");
}
