/** Plain values of a snapshot, as events carry them. */
export type Fields = Record<string, number | boolean | string>;

/** A little-endian unsigned integer of `bytes` bytes (up to 16). */
export function unsigned(page: Uint8Array, offset: number, bytes: number): bigint {
  let value = 0n;
  for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(page[offset + i] ?? 0);
  return value;
}

/** A counter for JSON: a number while that is exact, else a decimal string. */
export function countField(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}

/** An ASCII field of an NVMe page: padding and NULs removed. */
export function asciiField(page: Uint8Array, offset: number, bytes: number): string {
  return Buffer.from(page.subarray(offset, offset + bytes))
    .toString("latin1")
    .replace(/[\0 ]+$/, "")
    .replace(/[^\x20-\x7e]/g, "?");
}
