/** What scripts get wrong, fed to whatever they may call. */
import { NvmeError } from "../src";
import { randomWords } from "../src/buffer/pattern";

export const NONSENSE: unknown[] = [
  undefined,
  null,
  -1,
  1.5,
  Number.NaN,
  2 ** 53,
  "",
  "nonsense\0",
  -1n,
  1n << 64n,
  true,
  Symbol("nonsense"),
  () => {},
  [],
  [null],
  {},
  { nonsense: 1 },
  new Uint8Array(3),
  new Uint16Array(4),
  new Date(0),
  Object.create(null),
  {
    [Symbol.toPrimitive]() {
      throw new TypeError("nonsense");
    },
  },
];
const ROUNDS = 60;

type Callable = (...given: unknown[]) => unknown;

/** Methods of an object and of its class; accessors are no calls. */
export function methodsOf(object: object, leftOut: ReadonlySet<string>): string[] {
  const names = new Set<string>();
  for (let at = object; at !== Object.prototype && at !== null; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const value = Object.getOwnPropertyDescriptor(at, name)?.value;
      if (typeof value === "function" && name !== "constructor" && !leftOut.has(name)) names.add(name);
    }
  }
  return [...names];
}

/** What a call ended with that is neither a value nor an NvmeError; null: nothing of that kind. */
export async function outcome(act: () => unknown): Promise<unknown> {
  try {
    const result = act();
    // A worker or a stream that did start is not waited for.
    if (result instanceof Promise) await result;
    return null;
  } catch (reason) {
    return reason instanceof NvmeError ? null : reason;
  }
}

const shown = (given: unknown[]) =>
  given.map((value) => (typeof value === "symbol" ? "a symbol" : (JSON.stringify(value) ?? typeof value))).join(", ");

/** Calls one function with nonsense, the same each time; throws what ended badly, with the arguments that did it. */
export async function harass(
  name: string,
  call: Callable,
  arity: number,
  isFine = (_: unknown) => false,
): Promise<void> {
  const next = randomWords(BigInt(name.length));
  // What takes no arguments does its work; once is enough.
  const rounds = arity === 0 ? 1 : ROUNDS;
  for (let round = 0; round < rounds; round++) {
    const given = Array.from({ length: next() % 5 }, () => NONSENSE[next() % NONSENSE.length]);
    const wrong = await outcome(() => call(...given));
    if (wrong === null || isFine(wrong)) continue;
    const safe = given.map((value) => (typeof value === "bigint" ? `${value}n` : value));
    throw new Error(`${name}(${shown(safe)}) ended with ${String(wrong)}\n${(wrong as Error).stack}`);
  }
}

/** Every method of `subject`, except those named. */
export async function harassMethods(
  name: string,
  subject: object,
  leftOut: ReadonlySet<string> = new Set(),
  isFineOf: (call: string) => (wrong: unknown) => boolean = () => () => false,
): Promise<void> {
  const methods = methodsOf(subject, leftOut);
  if (methods.length === 0) throw new Error(`${name} has no method`);
  const of = subject as Record<string, Callable>;
  for (const method of methods) {
    const called = `${name}.${method}`;
    // A default makes `length` 0: whether it takes arguments is what its text says.
    const takes = /^[^(]*\(\s*\)/.test(String(of[method])) ? 0 : 1;
    await harass(called, (...given) => of[method]!(...given), takes, isFineOf(called));
  }
}
