/** The runner that waits for its run, as the agent keeps it: the built runner as processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { driver } from "@assay/nvme-native";
import { type Launch, readLaunch, runFiles } from "../src/runs/run-directory";
import { SPARE_ARGUMENT, SpareRunner } from "../src/runs/spare-runner";
import { Bench, bodies, ending, plan } from "./runner/bench";

// A shared machine may take its time.
jest.setTimeout(120_000);

const RUNNER = [process.execPath, join(__dirname, "../dist/runner/main.js")];
const SNAPSHOT = plan("steps: [{snapshot: {id: s, of: [identify]}}]");

let bench: Bench;
let runners: SpareRunner;
const children: ChildProcess[] = [];
beforeEach(async () => {
  bench = new Bench();
  await bench.makeDrive(driver);
  runners = new SpareRunner({ command: RUNNER, environment: process.env }, bench.root, 1);
});
afterEach(() => {
  runners.stop();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  bench.remove();
});

function start() {
  const directory = bench.order(SNAPSHOT);
  const launch: Launch = readLaunch(directory);
  const child = runners.start(runFiles(directory), launch);
  children.push(child);
  return { directory, child, ended: once(child, "exit") };
}
const wasSpare = (child: ChildProcess) => child.spawnargs.includes(SPARE_ARGUMENT);
const log = () => join(bench.root, "spare-runner.log");

async function spareWaits(): Promise<void> {
  runners.prepare();
  while (!existsSync(log())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("a spare runner", () => {
  it("carries out the run that it is told, in its directory, and the next spare another one", async () => {
    for (let n = 0; n < 2; n++) {
      await spareWaits();
      const { directory, child, ended } = start();
      expect(wasSpare(child)).toBe(true);
      expect(await ended).toEqual([0, null]);
      expect(ending(directory)).toEqual(["completed", null]);
      expect(bodies(directory, "started")).toMatchObject([{ pid: child.pid }]);
      expect(JSON.parse(readFileSync(join(directory, "runner.json"), "utf8"))).toMatchObject({ pid: child.pid });
      expect(existsSync(join(directory, "runner.log"))).toBe(true);
    }
  });

  it("serves one run only: a second one at the same time gets a process of its own", async () => {
    await spareWaits();
    const both = [start(), start()];
    expect(both.map(({ child }) => wasSpare(child))).toEqual([true, false]);
    expect(new Set(both.map(({ child }) => child.pid)).size).toBe(2);
    for (const { directory, ended } of both) {
      expect(await ended).toEqual([0, null]);
      // Both want the same drive: who opens it is not the point.
      expect(bodies(directory, "started")).toHaveLength(1);
    }
  });

  it.each([
    ["nothing", ""],
    ["half a line", "/somewhere/ru"],
  ])("ends by itself when its agent dies having said %s", async (_, words) => {
    const spare = spawn(RUNNER[0]!, [...RUNNER.slice(1), SPARE_ARGUMENT], { stdio: ["pipe", "ignore", "pipe"] });
    children.push(spare);
    let complaints = "";
    spare.stderr.on("data", (chunk: Buffer) => (complaints += chunk));
    spare.stdin.end(words);
    expect(await once(spare, "exit")).toEqual([0, null]);
    expect(complaints).toBe("");
  });

  it("is not prepared any more, and goes, when the agent stops", async () => {
    await spareWaits();
    runners.stop();
    const { child, ended } = start();
    expect(wasSpare(child)).toBe(false);
    expect(await ended).toEqual([0, null]);
  });
});
