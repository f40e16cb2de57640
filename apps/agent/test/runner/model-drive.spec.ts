/** The runner on the software drive, with the plans of the catalogue. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { driver, type ModelFault } from "@assay/nvme-native";
import type { ResolvedPlan } from "@assay/plans";
import { decodeCmdlog } from "@assay/protocol";
import { runDirectory } from "../../src/runner/directory-run";
import { Bench, bodies, catalogPlan, ending, hostOf, journalOf } from "./bench";

// A shared machine may take its time.
jest.setTimeout(60_000);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

async function run(plan: ResolvedPlan, faults: ModelFault[] = []): Promise<string> {
  await bench.makeDrive(driver, faults);
  const directory = bench.order(plan);
  await runDirectory(directory, hostOf(driver));
  return directory;
}

describe("smoke on a healthy software drive", () => {
  it("passes, with samples, histograms, snapshots and a readable cmdlog of every qpair", async () => {
    const directory = await run(catalogPlan("basic/smoke", { time: "1500ms" }));
    expect(ending(directory)).toEqual(["completed", null]);
    expect(bodies(directory, "criterion").filter((c) => c.outcome !== "passed")).toEqual([]);
    expect(bodies(directory, "samples").length).toBeGreaterThan(0);
    expect(bodies(directory, "histogram").map((h) => h.operation)).toEqual(expect.arrayContaining(["read", "write"]));
    expect(bodies(directory, "snapshot").map((s) => s.of)).toEqual(
      expect.arrayContaining(["identify", "smart", "error-log"]),
    );
    const rings = join(directory, "cmdlog-live");
    const logs = readdirSync(rings).map((name) => decodeCmdlog(readFileSync(join(rings, name))));
    expect(logs.map((log) => log.qid)).toContain(0);
    expect(logs.every((log) => log.entries.length > 0)).toBe(true);
    const exposure = bodies(directory, "exposure")[0]!;
    expect(BigInt(exposure.writtenBytes)).toBeGreaterThanOrEqual(8n * 2n ** 20n);
  });
});

describe("plans of the catalogue that need a healthy drive only", () => {
  it.each<[string, Record<string, string | number>]>([
    ["debug/freeze-on-error", { time: "1s", depth: 8 }],
    ["endurance/jesd219-enterprise", { time: "1s", depth: 8 }],
    ["basic/housekeeping", { longest: "30s" }],
    ["performance/random-read", { time: "1s", depth: 8 }],
  ])("%s passes", async (name, parameters) => {
    const directory = await run(catalogPlan(name, parameters));
    expect(ending(directory)).toEqual(["completed", null]);
    expect(bodies(directory, "criterion").filter((c) => c.outcome !== "passed")).toEqual([]);
  });
});

describe("verify-soak", () => {
  const soak = () => catalogPlan("data/verify-soak", { time: "2s", region: "8MiB" });
  it("passes on a healthy drive, twice: the second run meets what the first one left", async () => {
    expect(ending(await run(soak()))).toEqual(["completed", null]);
    const again = bench.order(soak());
    await runDirectory(again, hostOf(driver));
    expect(ending(again)).toEqual(["completed", null]);
  });
  it("finds silent corruption: the drive is blamed, with LBA, expected and got", async () => {
    const directory = await run(soak(), [{ kind: "silent-corruption", afterWrites: 200, everyNth: 50 }]);
    expect(ending(directory)[0]).toBe("failed");
    expect(bodies(directory, "finished")[0]!.attribution).toMatchObject({ cause: "dut", rule: "miscompare" });
    const [first] = bodies(directory, "miscompare");
    expect(first).toMatchObject({ lba: expect.stringMatching(/^\d+$/), kind: "bit-error" });
    expect(first!.expected).not.toBe("");
    expect(first!.got).not.toBe(first!.expected);
    expect(bodies(directory, "capture").map((c) => c.of)).toContain("smart");
  });
});

describe("dirty-power-cycle on a drive with a volatile cache", () => {
  const cuts = () => catalogPlan("power/dirty-power-cycle", { times: 20, longest: "60ms", pause: "1ms" });
  it("sees 20 cuts without a false violation, and each counted once by the drive", async () => {
    const directory = await run(cuts());
    expect(ending(directory)).toEqual(["completed", null]);
    expect(bodies(directory, "criterion").filter((c) => c.outcome !== "passed")).toEqual([]);
    expect(bodies(directory, "exposure")[0]!.powerCycles).toBe(20);
    expect(bodies(directory, "effect-outcome").filter((e) => e.ok)).toHaveLength(40);
  });
  it("finds the drive that lies about flush, and stops there", async () => {
    const directory = await run(cuts(), [{ kind: "flush-lies" }]);
    expect(ending(directory)[0]).toBe("failed");
    expect(bodies(directory, "miscompare").length).toBeGreaterThan(0);
    expect(bodies(directory, "exposure")[0]!.powerCycles).toBeLessThan(20);
  });
});

describe("reset-under-io", () => {
  it("resets a loaded controller again and again and finds all data", async () => {
    const parameters = { times: 4, load: "400ms", longest: "300ms", region: "4MiB" };
    const directory = await run(catalogPlan("resets/reset-under-io", parameters));
    expect(ending(directory)).toEqual(["completed", null]);
    expect(bodies(directory, "exposure")[0]!.resets).toBe(4);
    const events = journalOf(directory);
    expect(events.map((e) => e.seq)).toEqual(events.map((_, n) => n + 1));
  });
});
