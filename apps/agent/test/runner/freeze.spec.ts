/** `onError: freeze` on the software drive: kept as it is, told, and let go. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { driver, type ModelFault } from "@assay/nvme-native";
import { runDirectory } from "../../src/runner/directory-run";
import { readLaunch } from "../../src/runs/run-directory";
import { Bench, bodies, ending, hostOf, journalOf, plan, request } from "./bench";

// A shared machine may take its time.
jest.setTimeout(60_000);

let bench: Bench;
beforeEach(async () => {
  bench = new Bench();
});
afterEach(() => bench.remove());

const UNREADABLE: ModelFault = { kind: "bad-status", opcode: 2, slba: "100", lbaCount: 1, sct: 2, sc: 0x81, times: 1 };
const READING = "id: io, size: 4KiB, random: 0%, read: 100%, depth: 4, passes: 1, region: 1MiB, onError: freeze";

async function until(file: string): Promise<void> {
  while (!existsSync(file)) await new Promise((resolve) => setImmediate(resolve));
}

/** Starts the run of a plan and settles when its drive is frozen. */
async function frozenRun(spec: string, deadlineNs?: bigint) {
  await bench.makeDrive(driver, [UNREADABLE]);
  const directory = bench.order(plan(spec), { deadlineNs });
  // The driver's deadline would hold for the other tests of this process as well; the run's own is what is looked at here.
  const ended = runDirectory(directory, hostOf({ ...driver, setDeadline: () => {} }));
  await until(join(directory, "parked"));
  return { directory, ended };
}

describe("a worker that freezes the drive", () => {
  it("parks the run with the command that failed, and the run ends as failed when it is released", async () => {
    const { directory, ended } = await frozenRun(`steps: [{ioworker: {${READING}}}]\ncriteria: []`);
    expect(bodies(directory, "frozen")).toMatchObject([
      { path: "io", worker: 0, nsid: 1, opcode: 2, sct: 2, sc: 0x81, slba: "96", lbaCount: 8 },
    ]);
    expect(bodies(directory, "finished")).toEqual([]);
    // Neither a cancel nor what else people may ask lets the evidence go.
    request(directory, "cancel");
    const before = journalOf(directory).length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(journalOf(directory)).toHaveLength(before);
    request(directory, "release");
    await ended;
    expect(ending(directory)).toEqual(["failed", "the drive was frozen at status 02/81 on opcode 02h"]);
    expect(bodies(directory, "released")).toMatchObject([{ path: "io", by: "operator" }]);
    expect(bodies(directory, "status")).toMatchObject([{ sct: 2, sc: 0x81, count: 1 }]);
    expect(bodies(directory, "capture").map((c) => c.of)).toEqual(expect.arrayContaining(["smart", "error-log"]));
    expect(existsSync(join(directory, "parked"))).toBe(false);
  });

  it("lets no step beside it touch the drive any more: a power cut that was to come does not", async () => {
    const cut = "{power: {id: off, action: cycle, after: 2s}}";
    const writer = "{ioworker: {id: beside, size: 4KiB, read: 0%, offset: 8MiB, region: 8MiB, until: power-lost}}";
    const { directory, ended } = await frozenRun(
      `needs: {power: cut}\neffects: [writes, power-cycles]\nsteps: [{parallel: [{ioworker: {${READING}}}, ${writer}, ${cut}]}]`,
    );
    request(directory, "release");
    await ended;
    expect(bodies(directory, "effect-intent")).toEqual([]);
    expect(ending(directory)[0]).toBe("failed");
    const skipped = bodies(directory, "step-finished").filter((step) => step.outcome === "skipped");
    expect(skipped).toContainEqual(
      expect.objectContaining({ path: "off", reason: "stopped: io beside it has frozen the drive" }),
    );
  });

  it("goes by itself after the plan's longest time, and leaves the release for the agent to see", async () => {
    const { directory, ended } = await frozenRun(`steps: [{ioworker: {${READING}, freezeFor: 1s}}]`);
    await ended;
    expect(bodies(directory, "released")).toMatchObject([{ by: "time-limit" }]);
    expect(existsSync(join(directory, "release"))).toBe(true);
    expect(ending(directory)[0]).toBe("failed");
  });
});

describe("single statuses", () => {
  it("that the plan ignores are no error, and others are treated as it says", async () => {
    await bench.makeDrive(driver, [{ ...UNREADABLE, sct: 0, sc: 6 }]);
    const directory = bench.order(
      plan(`steps: [{ioworker: {${READING.replace("freeze", "stop")}, onStatus: {"00/06": ignore}}}]`),
    );
    await runDirectory(directory, hostOf(driver));
    expect(ending(directory)).toEqual(["completed", null]);
    expect(bodies(directory, "status")).toEqual([]);
    expect(bodies(directory, "metrics")).toMatchObject([{ values: { errors: 0 } }]);
  });
});

describe("a freeze past the time budget", () => {
  it("stays, and the run keeps its finding although the time is over", async () => {
    const { directory, ended } = await frozenRun(
      `steps: [{ioworker: {${READING}}}]`,
      driver.boottimeNs() + 4_000_000_000n,
    );
    while (driver.boottimeNs() < BigInt(readLaunch(directory).deadlineBoottimeNs))
      await new Promise((r) => setTimeout(r, 50));
    expect(existsSync(join(directory, "parked"))).toBe(true);
    request(directory, "release");
    await ended;
    expect(ending(directory)[0]).toBe("failed");
  });
});
