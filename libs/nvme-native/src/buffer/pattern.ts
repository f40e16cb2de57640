/** What a buffer is filled with: pure, and for random bytes a function of the seed alone. */
import { big, bigOr, integer, object, oneOf, U32, U64 } from "../check";

const DEFAULT_SECTOR_BYTES = 512;
const MAX_SECTOR_BYTES = 1024 * 1024;

/**
 * `zeroes`, `ones`; `word`: a 32-bit value, little endian, over and over (up to 3 bytes at the end stay); `random`: of
 * each sector the first `percent` are random and the rest is zero, so that a share is the same however long the data are.
 */
export type Pattern =
  | "zeroes"
  | "ones"
  | { word: number }
  | {
      randomPercent: number;
      /** Default: a new one for each buffer, that `Buffer.seed` tells. */
      seed?: bigint;
      /** Default 512. */
      sectorBytes?: number;
    };

/** A small generator of 32-bit numbers (sfc32): the same seed gives the same numbers on every host. */
export function randomWords(seed: bigint): () => number {
  big("seed", seed, 0n, U64);
  let a = Number(seed & 0xffff_ffffn) | 0;
  let b = Number((seed >> 32n) & 0xffff_ffffn) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  // The first numbers of similar seeds are similar.
  for (let i = 0; i < 12; i++) next();
  return next;
}

function fillRandom(target: Uint8Array, percent: number, sectorBytes: number, seed: bigint): void {
  const next = randomWords(seed);
  target.fill(0);
  for (let start = 0; start < target.byteLength; start += sectorBytes) {
    const sector = target.subarray(start, start + sectorBytes);
    const random = Math.floor((sector.byteLength * percent) / 100);
    for (let i = 0; i < random; i += 4) {
      const word = next();
      for (let k = 0; k < 4 && i + k < random; k++) sector[i + k] = word >>> (8 * k);
    }
  }
}

/** Fills `target`; gives the seed that random bytes came from. `freshSeed` is asked only when the pattern names none. */
export function fillPattern(target: Uint8Array, pattern: Pattern, freshSeed: () => bigint): bigint | null {
  if (typeof pattern === "string") {
    target.fill(oneOf("pattern", pattern, ["zeroes", "ones"]) === "ones" ? 0xff : 0);
    return null;
  }
  const o = object<{ word?: number; randomPercent?: number; seed?: bigint; sectorBytes?: number }>("pattern", pattern, [
    "word",
    "randomPercent",
    "seed",
    "sectorBytes",
  ]);
  if (o.word !== undefined) {
    object("pattern", pattern, ["word"]);
    const word = integer("pattern.word", o.word, 0, U32);
    const whole = target.byteLength - (target.byteLength % 4);
    for (let i = 0; i < whole; i++) target[i] = word >>> (8 * (i % 4));
    return null;
  }
  const percent = integer("pattern.randomPercent", o.randomPercent, 0, 100);
  const sectorBytes = integer("pattern.sectorBytes", o.sectorBytes ?? DEFAULT_SECTOR_BYTES, 1, MAX_SECTOR_BYTES);
  const seed = bigOr("pattern.seed", o.seed, freshSeed, 0n, U64);
  fillRandom(target, percent, sectorBytes, seed);
  return seed;
}
