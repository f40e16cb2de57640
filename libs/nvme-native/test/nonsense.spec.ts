/** No script mistake ends the process: every public method with nonsense ends well or with an NvmeError, nothing else. */
import { Buffer, Completions, driver, NvmeError, Subsystem, Tcp } from "../src";
import { randomWords } from "../src/pattern";
import { type Bench, withDrive } from "./bench-drive";

const NONSENSE: unknown[] = [
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
];
const ROUNDS = 60;
/**
 * `setDeadline` would end this process's drives for good and `powerOff` all that comes behind it, `close` comes last by
 * itself, `wait` and `powerCycle` have their own tests, and `ended` is the driver's own.
 */
const LEFT_OUT = new Set(["constructor", "close", "setDeadline", "powerOff", "powerCycle", "wait", "ended"]);

function methodsOf(object: object): string[] {
  const names = new Set<string>();
  for (let at = object; at !== Object.prototype && at !== null; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const value = Object.getOwnPropertyDescriptor(at, name)?.value;
      if (typeof value === "function" && !LEFT_OUT.has(name)) names.add(name);
    }
  }
  return [...names];
}

async function outcome(act: () => unknown): Promise<unknown> {
  try {
    const result = act();
    // A worker or a stream that did start is not waited for.
    if (result instanceof Promise) await result;
    return null;
  } catch (reason) {
    return reason instanceof NvmeError ? null : reason;
  }
}

const subjects: [name: string, of: (bench: Bench) => object][] = [
  ["driver", () => driver],
  ["controller", ({ controller }) => controller],
  ["controller.commands", ({ controller }) => controller.commands],
  ["namespace", ({ ns }) => ns],
  ["queue pair", ({ qpair }) => qpair],
  ["buffer", ({ controller }) => controller.createBuffer(4096)],
  ["completions", () => new Completions()],
  ["subsystem", ({ controller }) => new Subsystem(controller)],
];

test.each(subjects)(
  "every method of %s refuses nonsense in words",
  (name, of) =>
    withDrive({ open: { timeoutMs: 2000 } }, async (bench) => {
      const subject = of(bench) as Record<string, (...given: unknown[]) => unknown>;
      const next = randomWords(BigInt(name.length));
      const pick = () => NONSENSE[next() % NONSENSE.length];
      const methods = methodsOf(subject);
      expect(methods.length).toBeGreaterThan(0);
      for (const method of methods) {
        // What takes no arguments does its work; once is enough.
        const rounds = subject[method]!.length === 0 ? 1 : ROUNDS;
        for (let round = 0; round < rounds; round++) {
          const given = Array.from({ length: next() % 5 }, pick);
          const wrong = await outcome(() => subject[method]!(...given));
          if (wrong !== null) {
            const shown = given.map((value) => (typeof value === "symbol" ? "a symbol" : typeof value)).join(", ");
            throw new Error(`${name}.${method}(${shown}) ended with ${String(wrong)}\n${(wrong as Error).stack}`);
          }
        }
      }
      const again = await driver.open({ transport: "model", path: bench.drive }).catch((reason) => reason);
      expect(again).toMatchObject({ code: "ERR_LOCKED" });
    }),
  60_000,
);

test("waiting for nonsense is refused in words", async () => {
  for (const value of NONSENSE) {
    if (value !== undefined) expect(await outcome(() => new Completions().wait(value as number))).toBeNull();
    expect(await outcome(() => new Completions().wait(0, { timeoutMs: value as number }))).toBeNull();
  }
});

test("constructors refuse nonsense in words", async () => {
  for (const value of NONSENSE) {
    expect(await outcome(() => new Buffer(value as number, value as object))).toBeNull();
    expect(await outcome(() => new Tcp(value as string, value as object))).toBeNull();
  }
});
