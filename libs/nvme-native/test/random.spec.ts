/** Random numbers of scripts: of one seed, evenly spread, and refused where nonsense is asked. */
import { Buffer, Random, seedAll } from "../src";
import { SEED_VARIABLE } from "../src/buffer/fresh-seeds";
import { withDrive } from "./bench-drive";

test("B013 the same seed gives the same numbers, another seed others, and a fresh seed is told", () => {
  const drawn = (seed?: bigint) => {
    const random = new Random(seed);
    return [random.below(1000), random.lba(1n << 60n), random.seed64(), [...random.bytes(9)], random.chance(50)];
  };
  expect(drawn(7n)).toEqual(drawn(7n));
  expect(drawn(7n)).not.toEqual(drawn(8n));
  const fresh = new Random();
  expect(new Random(fresh.seed).bytes(64)).toEqual(fresh.bytes(64));
  expect(new Random().seed).not.toBe(fresh.seed);
  expect(`${fresh}`).toContain(String(fresh.seed));
});

test("numbers are spread evenly over their range, to its last one", () => {
  const random = new Random(1n);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) counts[random.below(10)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  const far = Array.from({ length: 1000 }, () => random.lba(1n << 44n)).filter((lba) => lba >= (99n << 44n) / 100n);
  expect(far.length).toBeGreaterThan(0);
  expect(Array.from({ length: 100 }, () => random.below(1))).toEqual(Array(100).fill(0));
  expect([random.chance(0), random.chance(100), random.pick(["one"])]).toEqual([false, true, "one"]);
});

test("nonsense is refused", () => {
  const random = new Random(1n);
  expect(() => new Random(1 as never)).toThrow("seed is 1, it must be a bigint");
  expect(() => random.below(0)).toThrow("count is 0");
  expect(() => random.lba(0n)).toThrow("count is 0n");
  expect(() => random.pick([])).toThrow("list must be an array with at least one entry");
  expect(() => random.chance(101)).toThrow("percent is 101");
  expect(() => random.bytes(-1)).toThrow("length is -1");
});

describe("B013 seeds that nobody gave", () => {
  const drawn = () =>
    withDrive({}, async ({ ns }) => {
      const worker = ns.startIoWorker({ ioCount: 1 });
      await worker.result;
      seeds.push([
        new Random().seed,
        worker.seed,
        new Buffer(64, { pattern: { randomPercent: 100 } }).seed!,
        new Random().seed,
      ]);
    });
  const seeds: bigint[][] = [];
  beforeEach(() => seeds.splice(0));
  afterEach(() => {
    delete process.env[SEED_VARIABLE];
    seedAll();
  });

  test("follow from the one that the environment says, and from a fresh one for each test where it says none", async () => {
    for (const text of ["12345", "12345", "0x3039", "7", "", ""]) {
      process.env[SEED_VARIABLE] = text;
      await drawn();
    }
    const [first, again, hexadecimal, other, ...fresh] = seeds;
    expect([again, hexadecimal]).toEqual([first, first]);
    expect(new Set([first, other, ...fresh].flat()).size).toBe(16);
    process.env[SEED_VARIABLE] = "seven";
    expect(() => seedAll()).toThrow(`${SEED_VARIABLE} is "seven", it must be a number, decimal or 0x...`);
    process.env[SEED_VARIABLE] = "0x10000000000000000";
    expect(() => seedAll()).toThrow(SEED_VARIABLE);
  });

  test("are told by the test that fails with them, and its seed makes the same again", async () => {
    const failing = () =>
      withDrive({}, async () => {
        throw new Error(`drew ${new Random().seed}`);
      }).then(
        () => ["passed", false] as const,
        ({ message, stack }: Error) => [message, stack!.includes(message)] as const,
      );
    const [first, shown] = await failing();
    expect(shown).toBe(true);
    const seed = /Its seed was (\d+): ASSAY_NVME_SEED=\1 repeats it\./.exec(first!)![1]!;
    process.env[SEED_VARIABLE] = seed;
    expect(await failing()).toEqual([first, true]);
  });
});
