/** Random numbers of a test script: all of them follow from one seed, which the script prints to be run again. */
import { big, integer, refuse, U64 } from "../check";
import { freshSeed } from "./fresh-seeds";
import { randomWords } from "./pattern";

const MAX_BYTES = 1024 * 1024 * 1024;
const WORD_BITS = 32n;

/** All that it gives follows from `seed`. @throws ERR_ARGUMENT */
export class Random {
  readonly #word: () => number;

  /** @param seed 64 bits; default: a fresh one, which `seed` and `toString` tell. */
  constructor(readonly seed: bigint = freshSeed()) {
    this.#word = randomWords(big("seed", seed, 0n, U64));
  }

  /** 0 to 2^64 - 1; what a worker or a pattern takes as its seed. */
  seed64(): bigint {
    return (BigInt(this.#word()) << WORD_BITS) | BigInt(this.#word());
  }

  /** An integer from 0 to `count` - 1, each as likely as the others; `count` at most 2^53 - 1. */
  below(count: number): number {
    integer("count", count, 1, Number.MAX_SAFE_INTEGER);
    return Number(this.lba(BigInt(count)));
  }

  /** The same for LBAs: from 0 to `count` - 1. */
  lba(count: bigint): bigint {
    big("count", count, 1n, U64);
    // Of the last, incomplete lap nothing is taken: it would favour the small numbers.
    const laps = (U64 + 1n) / count;
    for (;;) {
      const value = this.seed64();
      if (value < laps * count) return value % count;
    }
  }

  /** True so often out of a hundred. */
  chance(percent: number): boolean {
    integer("percent", percent, 0, 100);
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    if (!Array.isArray(list) || list.length === 0) refuse("list must be an array with at least one entry");
    return list[this.below(list.length)]!;
  }

  /** So many random bytes, at most 2^30. */
  bytes(length: number): Uint8Array {
    integer("length", length, 0, MAX_BYTES);
    const bytes = new Uint8Array(length);
    const words = new DataView(bytes.buffer);
    for (let at = 0; at + 4 <= length; at += 4) words.setUint32(at, this.#word(), true);
    for (let at = length - (length % 4); at < length; at++) bytes[at] = this.#word();
    return bytes;
  }

  toString(): string {
    return `<random numbers of seed ${this.seed}>`;
  }
}
