/** What a worker is told about sizes, places and shares is what arrives at the drive. The generator alone: pattern.spec.ts. */
import type { IoWorkerOptions } from "../src";
import { withDrive } from "./bench-drive";

interface Sent {
  opcode: number;
  slba: number;
  lbas: number;
}

const COUNT = 6000;

/** The commands of a worker of depth 1, in order. */
async function sent(options: IoWorkerOptions, count = COUNT): Promise<Sent[]> {
  let commands: Sent[] = [];
  await withDrive({}, async ({ ns }) => {
    const limits = { ioCount: count, depth: 1, lastCommands: count, seed: 11n };
    const { lastCommands } = await ns.startIoWorker({ ...limits, ...options }).result;
    commands = lastCommands.map(({ opcode, slba, lbaCount }) => ({ opcode, slba: Number(slba), lbas: lbaCount }));
  });
  expect(commands).toHaveLength(count);
  return commands;
}

/** How many commands there are of each kind, as shares of all. */
function shares(commands: Sent[], of: (command: Sent) => number): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const command of commands) counts[of(command)] = (counts[of(command)] ?? 0) + 1 / commands.length;
  return counts;
}

/** Within 1.6 percent: five standard deviations at most. */
const near = (share: number) => expect.closeTo(share, 1.5);

test("a range is every size from the first to the last, each as often as the others", async () => {
  const range = { fromBytes: 1024, toBytes: 4096, stepBytes: 1024 };
  const even = { 2: near(0.25), 4: near(0.25), 6: near(0.25), 8: near(0.25) };
  expect(shares(await sent({ sizeBytes: range }), ({ lbas }) => lbas)).toEqual(even);
  // Without a step: every LBA; a last size that the steps do not meet is left out.
  const each = await sent({ sizeBytes: { fromBytes: 512, toBytes: 1536 } }, 300);
  expect(Object.keys(shares(each, ({ lbas }) => lbas))).toEqual(["1", "2", "3"]);
  const odd = await sent({ sizeBytes: { fromBytes: 512, toBytes: 2048, stepBytes: 1024 } }, 300);
  expect(Object.keys(shares(odd, ({ lbas }) => lbas))).toEqual(["1", "3"]);
});

test("a list has each size as often, weights as they say, one size is all", async () => {
  const sizes = async (sizeBytes: IoWorkerOptions["sizeBytes"]) => shares(await sent({ sizeBytes }), (c) => c.lbas);
  expect(await sizes([512, 2048])).toEqual({ 1: near(0.5), 4: near(0.5) });
  const weighted = [
    { bytes: 512, weight: 1 },
    { bytes: 1024, weight: 7 },
    { bytes: 2048, weight: 2 },
  ];
  expect(await sizes(weighted)).toEqual({ 1: near(0.1), 2: near(0.7), 4: near(0.2) });
  expect(await sizes(1536)).toEqual({ 3: near(1) });
});

test("each size keeps the alignment that stands for it, from the region's start on", async () => {
  const alignLbas = [7, 100];
  const commands = await sent({ sizeBytes: [512, 4096], alignLbas, regionStartLba: 3n, regionLbas: 5000n }, 2000);
  const off = commands.filter(({ slba, lbas }) => (slba - 3) % alignLbas[lbas === 1 ? 0 : 1]! !== 0);
  expect(off).toEqual([]);
  expect(commands.some(({ slba, lbas }) => lbas === 1 && (slba - 3) % 100 !== 0)).toBe(true);
});

test.each([0, 1, 30, 75, 99, 100])("of %i percent random commands the others follow one another", async (percent) => {
  const commands = await sent({ sizeBytes: 512, randomPercent: percent });
  let cursor = 0;
  let following = 0;
  for (const { slba } of commands) {
    if (slba !== cursor) continue;
    following++;
    cursor++;
  }
  expect(1 - following / COUNT).toEqual(near(percent / 100));
});

test.each([0, 1, 33, 99, 100])("%i percent are reads, the others writes", async (readPercent) => {
  const reads = shares(await sent({ readPercent }), ({ opcode }) => opcode)[2] ?? 0;
  expect(reads).toEqual(near(readPercent / 100));
  if (readPercent === 0 || readPercent === 100) expect(reads).toBeCloseTo(readPercent / 100, 9);
});

test("a step below 0 comes down from the region's end, on the alignment below", async () => {
  const down = { sizeBytes: 1024, randomPercent: 0, stepLbas: -5, regionStartLba: 10n, regionLbas: 21n };
  const places = async (more: object) => (await sent({ ...down, ...more }, 6)).map(({ slba, lbas }) => [slba, lbas]);
  expect(await places({})).toEqual([
    [29, 2],
    [24, 2],
    [19, 2],
    [14, 2],
    [10, 1],
    [29, 2],
  ]);
  expect(await places({ alignLbas: 4 })).toEqual([
    [26, 2],
    [22, 2],
    [18, 2],
    [14, 2],
    [10, 1],
    [26, 2],
  ]);
});
