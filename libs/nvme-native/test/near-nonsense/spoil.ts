/** Right calls with one thing in them wrong: what a generator of plain nonsense never gets to, for the first check ends it. */
import { NvmeError } from "../../src";
import { randomWords } from "../../src/buffer/pattern";
import { NONSENSE, outcome } from "../nonsense";
import type { RightCall } from "./right-call";

/** Longer is a hang: nothing here waits for a drive that long. */
const HANG_MS = 20_000;
/** Of all that can be made of one call, at most so many; which ones, its name decides. */
const MAX_ATTEMPTS = 400;

type Path = (string | number)[];
/** Of whatever realm. */
const plain = (value: unknown): value is Record<string, unknown> =>
  Object.prototype.toString.call(value) === "[object Object]" &&
  Object.getPrototypeOf(Object.getPrototypeOf(value) ?? {}) === null;

/** Every place in arguments that can be spoiled: those inside of plain objects and arrays too. */
export function placesOf(value: unknown, at: Path = []): Path[] {
  const inner: [string | number, unknown][] = Array.isArray(value)
    ? value.map((each, i) => [i, each])
    : plain(value)
      ? Object.entries(value)
      : [];
  return [...(at.length === 0 ? [] : [at]), ...inner.flatMap(([key, each]) => placesOf(each, [...at, key]))];
}

/** A copy with `by` in that place; what is no plain object and no array is the same. */
function spoiled(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[key] = spoiled(copy[key], rest, by);
  return copy;
}

function atOnce(act: () => unknown): { value: unknown; thrown: unknown } {
  try {
    return { value: act(), thrown: null };
  } catch (thrown) {
    return { value: null, thrown };
  }
}

async function bounded(act: () => unknown): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(new Error(`it has not ended after ${HANG_MS} ms`)), HANG_MS);
  });
  try {
    return await Promise.race([outcome(act), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Spoils one place after the other with one nonsense after the other. @throws what ended badly, and by what */
export async function spoil(name: string, { given, call, fine = () => false }: RightCall): Promise<number> {
  const attempts = placesOf(given()).flatMap((path) => NONSENSE.map((by) => ({ path, by })));
  const next = randomWords(BigInt(name.length));
  while (attempts.length > MAX_ATTEMPTS) attempts.splice(next() % attempts.length, 1);
  const act = call as (...given: unknown[]) => unknown;
  const right = act(...given());
  const promises = right instanceof Promise;
  const refused = promises ? await right.then(() => null).catch((reason: unknown) => reason) : null;
  if (refused instanceof NvmeError && refused.code === "ERR_ARGUMENT")
    throw new Error(`${name} is refused as it stands: ${refused.message}`);
  for (const { path, by } of attempts) {
    const wrong = await bounded(() => {
      const result = atOnce(() => act(...(spoiled(given(), path, by) as unknown[])));
      // Whoever has a promise looks for errors there.
      if (promises && result.thrown !== null) throw new Error(`it threw at once: ${String(result.thrown)}`);
      if (result.thrown !== null) throw result.thrown;
      return result.value;
    });
    if (wrong === null || fine(wrong)) continue;
    const shown =
      typeof by === "symbol" ? "a symbol" : typeof by === "bigint" ? `${by}n` : (JSON.stringify(by) ?? typeof by);
    throw new Error(
      `${name} with ${shown} as ${path.join(".")} ended with ${String(wrong)}\n${(wrong as Error).stack}`,
    );
  }
  return attempts.length;
}
