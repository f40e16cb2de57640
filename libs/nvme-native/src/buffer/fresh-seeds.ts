/**
 * Seeds that a script does not give, of `Random`, of workers and of patterns: all of them follow from one, so that a run can be
 * repeated by a single number.
 */
import { randomBytes } from "node:crypto";
import { big, refuse, U64 } from "../check";
import { randomWords } from "./pattern";

/** Decimal or 0x...: the seed of everything in a process that does not call `seedAll` with one. */
export const SEED_VARIABLE = "ASSAY_NVME_SEED";

const anySeed = () => randomBytes(8).readBigUInt64LE();
let words: (() => number) | null = null;

function ofEnvironment(): bigint | null {
  const text = process.env[SEED_VARIABLE];
  if (text === undefined || text === "") return null;
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text))
    refuse(`${SEED_VARIABLE} is "${text}", it must be a number, decimal or 0x...`);
  return big(SEED_VARIABLE, BigInt(text), 0n, U64);
}

/**
 * From here on every seed that is not given follows from this one: the same calls in the same order get the same again.
 * Default: what the environment says, or a fresh one. Gives it, to be printed. @throws ERR_ARGUMENT
 */
export function seedAll(seed: bigint = ofEnvironment() ?? anySeed()): bigint {
  words = randomWords(big("seed", seed, 0n, U64));
  return seed;
}

/** The next seed that nobody gave. */
export function freshSeed(): bigint {
  if (words === null && ofEnvironment() !== null) seedAll();
  return words === null ? anySeed() : (BigInt(words()) << 32n) | BigInt(words());
}
