/** The generator of addresses and opcodes, alone (native/core/worker/io_pattern). */
import { addon } from "../src/addon/addon";
import type { NativeWorkerOptions } from "../src/addon/worker";

const base: NativeWorkerOptions = {
  worker: 0,
  sizes: [{ lbas: 8, weight: 1 }],
  operations: [],
  sequence: null,
  payload: { kind: "marked", word: 0, zeroPercent: 0 },
  placement: [],
  skipUncorrectable: false,
  lastCommands: 0,
  priority: 0,
  spin: true,
  distribution: [],
  stepLbas: null,
  randomPercent: 100,
  readPercent: 50,
  depth: 1,
  regionStartLba: 100n,
  regionLbas: 10_000n,
  alignLbas: 0,
  iops: 0,
  timeMs: 0,
  ioCount: 1,
  passes: 0,
  flushEvery: 0,
  verify: false,
  exclusive: false,
  onError: "stop",
  onStatus: [],
  seed: 42n,
  sampleMs: 1000,
  histogramMs: 1000,
};
const steps = (options: Partial<NativeWorkerOptions>, count: number) =>
  addon().previewPattern({ ...base, ...options }, count);

test("the same seed gives the same sequence, on every host; another seed another one", () => {
  expect(steps({}, 1000)).toEqual(steps({}, 1000));
  expect(steps({ seed: 43n }, 1000)).not.toEqual(steps({}, 1000));
  // Written down: a change of the generator would make old runs unrepeatable.
  expect(steps({}, 5)).toMatchSnapshot();
});

test("random places stay inside the region, on their alignment, and reach both ends", () => {
  for (const alignLbas of [0, 1, 16, 100]) {
    const align = BigInt(alignLbas === 0 ? 8 : alignLbas);
    const places = steps({ alignLbas, regionLbas: 1000n }, 20_000).map(([, slba]) => slba);
    expect(places.filter((slba) => slba < 100n || slba + 8n > 1100n || (slba - 100n) % align !== 0n)).toEqual([]);
    expect(places).toContain(100n);
    expect(places).toContain(100n + ((1000n - 8n) / align) * align);
  }
});

test("all 64 bits: the last percent of a huge region is reached", () => {
  const regionLbas = 2n ** 44n;
  const places = steps({ regionLbas, regionStartLba: 0n }, 5000).map(([, slba]) => slba);
  const last = places.filter((slba) => slba >= (regionLbas * 99n) / 100n).length;
  expect(last).toBeGreaterThan(20);
  expect(last).toBeLessThan(90);
});

test("sequential commands follow one another, the last of a lap is cut to fit, and laps repeat", () => {
  const lap = steps({ randomPercent: 0, regionLbas: 20n }, 6).map(([, slba, lbas]) => [slba, lbas]);
  expect(lap).toEqual([
    [100n, 8],
    [108n, 8],
    [116n, 4],
    [100n, 8],
    [108n, 8],
    [116n, 4],
  ]);
});

test("shares and weights are met", () => {
  const many = steps(
    {
      readPercent: 30,
      randomPercent: 0,
      sizes: [
        { lbas: 1, weight: 3 },
        { lbas: 64, weight: 1 },
      ],
    },
    40_000,
  );
  const reads = many.filter(([kind]) => kind === "read").length;
  expect(reads / many.length).toBeCloseTo(0.3, 2);
  const large = many.filter(([, , lbas]) => lbas === 64).length;
  expect(large / many.length).toBeCloseTo(0.25, 2);
});

test("a flush comes after exactly that many writes", () => {
  const kinds = steps({ flushEvery: 5, readPercent: 40 }, 2000).map(([kind]) => kind);
  const between: number[] = [];
  let writes = 0;
  for (const kind of kinds) {
    if (kind === "write") writes++;
    if (kind === "flush") {
      between.push(writes);
      writes = 0;
    }
  }
  expect(between.length).toBeGreaterThan(100);
  expect(new Set(between)).toEqual(new Set([5]));
});

/** Places and sizes of sequential commands, relative to the region's start. */
const places = (options: Partial<NativeWorkerOptions>, count: number) =>
  steps({ randomPercent: 0, ...options }, count).map(([, slba, lbas]) => [Number(slba) - 100, lbas]);

test("B110 a step of 0 stays, one above 0 leaves gaps or overlaps, one below 0 comes from the region's end", () => {
  expect(places({ stepLbas: 0 }, 3)).toEqual([
    [0, 8],
    [0, 8],
    [0, 8],
  ]);
  expect(places({ stepLbas: 16, regionLbas: 20n }, 3)).toEqual([
    [0, 8],
    [16, 4],
    [0, 8],
  ]);
  expect(places({ stepLbas: 3, regionLbas: 10n }, 5)).toEqual([
    [0, 8],
    [3, 7],
    [6, 4],
    [9, 1],
    [0, 8],
  ]);
  expect(places({ stepLbas: -8, regionLbas: 20n }, 4)).toEqual([
    [12, 8],
    [4, 8],
    [0, 4],
    [12, 8],
  ]);
  expect(places({ stepLbas: 10, alignLbas: 4, regionLbas: 30n }, 4)).toEqual([
    [0, 8],
    [12, 8],
    [20, 8],
    [0, 8],
  ]);
});

test("B116 a step of the command's size is what no step is", () => {
  // From a place of its own, then the laps of the whole region.
  expect(places({ stepLbas: null, startLba: 112n, regionLbas: 20n }, 3)).toEqual([
    [12, 8],
    [0, 8],
    [8, 8],
  ]);
  expect(places({ stepLbas: 0, startLba: 105n }, 2)).toEqual([
    [5, 8],
    [5, 8],
  ]);
  expect(places({ stepLbas: -8, startLba: 109n, regionLbas: 20n }, 4)).toEqual([
    [9, 8],
    [1, 8],
    [0, 1],
    [12, 8],
  ]);
  expect(steps({ randomPercent: 0, stepLbas: 8 }, 3000)).toEqual(steps({ randomPercent: 0 }, 3000));
});

test("B116 each size keeps its own alignment", () => {
  const many = steps(
    {
      sizes: [
        { lbas: 1, weight: 1, alignLbas: 3 },
        { lbas: 7, weight: 1, alignLbas: 64 },
      ],
    },
    5000,
  );
  const wrong = many.filter(([, slba, lbas]) => (slba - 100n) % (lbas === 1 ? 3n : 64n) !== 0n);
  expect(wrong).toEqual([]);
  expect(new Set(many.map(([, , lbas]) => lbas))).toEqual(new Set([1, 7]));
});

test("B116 shares of any opcodes are met, and a flush has no place", () => {
  const many = steps(
    {
      operations: [
        { opcode: 2, percent: 40 },
        { opcode: 9, percent: 30 },
        { opcode: 1, percent: 20 },
        { opcode: 0, percent: 10 },
      ],
    },
    40_000,
  );
  const share = (name: string | number) => many.filter(([kind]) => kind === name).length / many.length;
  expect(share("read")).toBeCloseTo(0.4, 2);
  expect(share(9)).toBeCloseTo(0.3, 2);
  expect(share("write")).toBeCloseTo(0.2, 2);
  expect(share("flush")).toBeCloseTo(0.1, 2);
  expect(many.filter(([kind, slba, lbas]) => kind === "flush" && (slba !== 0n || lbas !== 0))).toEqual([]);
  const sequential = steps(
    {
      randomPercent: 0,
      operations: [
        { opcode: 8, percent: 60 },
        { opcode: 0, percent: 40 },
      ],
    },
    900,
  );
  const zeroes = sequential.filter(([kind]) => kind === 8).map(([, slba]) => slba);
  // A flush in between leaves no hole.
  expect(zeroes).toEqual(zeroes.map((_, i) => 100n + BigInt(i) * 8n));
});

test("B116 a distribution over 100 sections is met section by section", () => {
  const distribution = Array.from({ length: 100 }, () => 0);
  distribution[0] = 7000;
  distribution[50] = 2000;
  distribution[99] = 1000;
  const many = steps({ distribution, regionLbas: 100_000n }, 40_000).map(([, slba]) => Number((slba - 100n) / 1000n));
  const share = (section: number) => many.filter((at) => at === section).length / many.length;
  expect(share(0)).toBeCloseTo(0.7, 2);
  expect(share(50)).toBeCloseTo(0.2, 2);
  expect(share(99)).toBeCloseTo(0.1, 2);
  expect(share(0) + share(50) + share(99)).toBe(1);
  // Sections that do not lie on the alignment: a command begins in its own section all the same.
  const one = distribution.map((_, section) => (section === 7 ? 10_000 : 0));
  const inside = steps({ distribution: one, regionLbas: 100_100n }, 5000).map(([, slba]) => Number(slba) - 100);
  expect([Math.min(...inside), Math.max(...inside)]).toEqual([7008, 8000]);
  const even = steps({ distribution: Array.from({ length: 100 }, () => 100), regionLbas: 100_000n }, 40_000);
  const at = even.map(([, slba]) => slba - 100n);
  expect(at.filter((place) => place % 8n !== 0n || place + 8n > 100_000n)).toEqual([]);
  expect(new Set(at.map((place) => place / 1000n)).size).toBe(100);
});

test("B117 random places reach the last percent of an 8 TB namespace, as often as any other", () => {
  const regionLbas = 8_000_000_000_000n / 512n;
  const many = steps({ regionLbas, regionStartLba: 0n, seed: 9n }, 20_000).map(([, slba]) => slba);
  const last = many.filter((slba) => slba >= (regionLbas * 99n) / 100n).length;
  expect(last).toBeGreaterThan(140);
  expect(last).toBeLessThan(260);
  expect(many.filter((slba) => slba > 2n ** 31n).length / many.length).toBeGreaterThan(0.8);
  expect(many.every((slba) => slba + 8n <= regionLbas)).toBe(true);
});

test("B117 every new kind of choice is repeated by the same seed", () => {
  const options: Partial<NativeWorkerOptions> = {
    sizes: Array.from({ length: 1000 }, (_, i) => ({ lbas: i + 1, weight: 1 })),
    operations: [
      { opcode: 2, percent: 1 },
      { opcode: 12, percent: 99 },
    ],
    distribution: Array.from({ length: 100 }, () => 100),
  };
  expect(steps(options, 2000)).toEqual(steps(options, 2000));
  expect(steps({ ...options, seed: 1n }, 2000)).not.toEqual(steps(options, 2000));
  expect(steps(options, 4)).toMatchSnapshot();
});
