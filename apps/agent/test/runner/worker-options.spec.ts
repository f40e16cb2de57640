/** What plans say of ioworkers beyond sizes and shares of reads, on the software drive. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { driver } from "@assay/nvme-native";
import { decodeCmdlog } from "@assay/protocol";
import { runDirectory } from "../../src/runner/directory-run";
import { Bench, bodies, ending, hostOf, plan } from "./bench";

// A shared machine may take its time.
jest.setTimeout(60_000);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

/** Runs one ioworker and gives its metrics and the commands that its queue recorded. */
async function run(worker: string) {
  await bench.makeDrive(driver);
  const directory = bench.order(plan(`effects: [writes]\nsteps: [{ioworker: {id: io, ${worker}}}]`));
  await runDirectory(directory, hostOf(driver));
  const rings = join(directory, "cmdlog-live");
  const commands = readdirSync(rings)
    .map((name) => decodeCmdlog(readFileSync(join(rings, name))))
    .filter(({ qid }) => qid > 0)
    .flatMap(({ entries }) => entries.map(({ opcode, slba, lbaCount }) => [opcode, Number(slba), Number(lbaCount)]));
  return { ending: ending(directory), metrics: bodies(directory, "metrics")[0]?.values ?? {}, commands };
}

const PASSED = ["completed", null];
const region = "region: 1MiB, depth: 2";

it("shares of operations: each is sent about as often as the plan says, and all are counted", async () => {
  const operations = "operations: {read: 40%, write: 40%, deallocate: 20%}";
  const { ending, metrics } = await run(`size: 4KiB, ${region}, count: 500, ${operations}`);
  expect(ending).toEqual(PASSED);
  expect(metrics.commands).toBe(500);
  const rest = 500 - Number(metrics.reads) - Number(metrics.writes);
  expect(rest).toBeGreaterThan(50);
  expect(rest).toBeLessThan(150);
});

it("a replay: its commands, in its order", async () => {
  const sequence = [
    "{at: 0ms, operation: write, lba: 8, count: 8}",
    "{at: 5ms, operation: flush}",
    "{at: 6ms, operation: read, lba: 8, count: 8}",
    "{at: 8ms, operation: writeZeroes, lba: 0, count: 16}",
  ];
  const { ending, metrics, commands } = await run(`depth: 1, sequence: [${sequence.join(", ")}]`);
  expect(ending).toEqual(PASSED);
  expect(metrics.commands).toBe(4);
  expect(commands.map(([opcode]) => opcode)).toEqual([1, 0, 2, 8]);
  expect(commands[2]).toEqual([2, 8, 8]);
});

it("a step below zero: from the region's end downwards", async () => {
  const { ending, commands } = await run("size: 4KiB, region: 64KiB, depth: 1, random: 0%, step: -4KiB, passes: 1");
  expect(ending).toEqual(PASSED);
  expect(commands.map(([, slba]) => slba)).toEqual(Array.from({ length: 16 }, (_, n) => 120 - 8 * n));
});

it("a distribution: what the plan leaves out is left out", async () => {
  const zones = "distribution: [{region: 10%, share: 100%}, {region: 90%, share: 0%}]";
  const { ending, commands } = await run(`size: 512B, region: 512KB, depth: 1, count: 200, ${zones}`);
  expect(ending).toEqual(PASSED);
  expect(commands).toHaveLength(200);
  expect(Math.max(...commands.map(([, slba]) => slba!))).toBeLessThan(100);
});

it("patterns, exclusive verification and the way of polling reach the driver", async () => {
  const pattern = "pattern: {kind: random, compress: 50%}, polling: sleep";
  expect((await run(`size: 4KiB, ${region}, count: 50, read: 0%, ${pattern}`)).ending).toEqual(PASSED);
  bench.remove();
  bench = new Bench();
  const verified = "verify: true, exclusive: true, skipUncorrectable: true";
  const { ending, metrics } = await run(`size: 4KiB, ${region}, count: 200, read: 50%, ${verified}`);
  expect(ending).toEqual(PASSED);
  expect(Number(metrics.checkedLbas)).toBeGreaterThan(0);
  expect(metrics.writeLatencyP99).toBeGreaterThan(0);
});
