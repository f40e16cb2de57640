/** CRCs that guard sectors: pure (NVM Command Set 1.0, 5.3.1.1 to 5.3.1.3). Each covers the metadata in front of the tuple too. */
import { bytes, U32 } from "../check";

/** Bits of the guard of a tuple: CRC-16 of T10 DIF, CRC-32C (Castagnoli), the 64-bit CRC of NVM Express. */
export type GuardBits = 16 | 32 | 64;

const T10_POLYNOMIAL = 0x8bb7;
const CASTAGNOLI_REFLECTED = 0x82f6_3b78;
const NVME_REFLECTED = { high: 0x9a6c_9329, low: 0xac4b_c9b5 };

const T10 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++)
    crc = (crc & 0x8000) !== 0 ? ((crc << 1) ^ T10_POLYNOMIAL) & 0xffff : (crc << 1) & 0xffff;
  return crc;
});

const CASTAGNOLI = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ CASTAGNOLI_REFLECTED : crc >>> 1;
  return crc;
});

/** Halves of 32 bits: a bigint for each byte is slow. */
const NVME = { high: new Uint32Array(256), low: new Uint32Array(256) };
for (let byte = 0; byte < 256; byte++) {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit++) {
    const odd = (low & 1) !== 0;
    low = ((low >>> 1) | (high << 31)) ^ (odd ? NVME_REFLECTED.low : 0);
    high = (high >>> 1) ^ (odd ? NVME_REFLECTED.high : 0);
  }
  NVME.high[byte] = high;
  NVME.low[byte] = low;
}

/** CRC-16 of a sector's data (and of the metadata in front of the tuple). */
export function guardCrc(data: Uint8Array): number {
  bytes("data", data, 0, U32);
  let crc = 0;
  for (const byte of data) crc = ((crc << 8) & 0xffff) ^ T10[(crc >> 8) ^ byte]!;
  return crc;
}

/** CRC-32C, the 32-bit guard. */
export function guardCrc32(data: Uint8Array): number {
  bytes("data", data, 0, U32);
  let crc = U32;
  for (const byte of data) crc = (crc >>> 8) ^ CASTAGNOLI[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}

/** The 64-bit guard. */
export function guardCrc64(data: Uint8Array): bigint {
  bytes("data", data, 0, U32);
  let high = U32;
  let low = U32;
  for (const byte of data) {
    const at = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ NVME.low[at]!;
    high = (high >>> 8) ^ NVME.high[at]!;
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}

export const GUARDS: { [B in GuardBits]: (data: Uint8Array) => number | bigint } = {
  16: guardCrc,
  32: guardCrc32,
  64: guardCrc64,
};
