/** Zones on the software drive, through a plan. */
import { driver } from "@assay/nvme-native";
import type { ResolvedPlan } from "@assay/plans";
import { runDirectory } from "../../src/runner/directory-run";
import { Bench, bodies, catalogPlan, ending, HOST_YAML, hostOf, plan } from "./bench";

// A shared machine may take its time.
jest.setTimeout(60_000);

const ZONED_HOST = HOST_YAML.replace("seed: 1}", "seed: 1, zones: {size: 1MiB, maxOpen: 2, maxActive: 3}}");

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

async function execute(resolved: ResolvedPlan, host = ZONED_HOST) {
  await bench.makeDrive(driver, [], host);
  const directory = bench.order(resolved, { host });
  await runDirectory(directory, hostOf(driver));
  const metrics: Record<string, Record<string, unknown>> = {};
  for (const { path, values } of bodies(directory, "metrics")) metrics[path] = { ...metrics[path], ...values };
  return { directory, metrics, ending: ending(directory) };
}

const run = (steps: string[], host?: string) =>
  execute(plan(`effects: [destroys-data]\nsteps:\n${steps.map((step) => `  - ${step}`).join("\n")}`), host);

const PASSED = ["completed", null];

describe("a zone step", () => {
  it("opens, appends to, closes, finishes and resets a zone, and tells its state after each", async () => {
    const { directory, ending, metrics } = await run([
      "zone: {id: fresh, action: report}",
      "zone: {id: open, action: open, zone: 2}",
      "zone: {id: first, action: append, zone: 2, count: 8, value: 7}",
      "zone: {id: second, action: append, zone: 2, count: 4, value: 8}",
      "io: {operation: compare, lba: 4104, count: 4, value: 8}",
      "zone: {id: close, action: close, zone: 2}",
      "zone: {id: finish, action: finish, zone: 2}",
      "zone: {id: some, action: report}",
      "zone: {id: reset, action: reset, zone: 2}",
    ]);
    expect(ending).toEqual(PASSED);
    expect(metrics.fresh).toEqual({ zones: 64, empty: 64, opened: 0, closed: 0, full: 0, readOnly: 0, offline: 0 });
    expect(metrics.open).toMatchObject({ state: "explicitlyOpened", written: 0, capacity: 2048, sct: 0 });
    expect(metrics.first).toMatchObject({ offset: 0, written: 8 });
    expect(metrics.second).toMatchObject({ offset: 8, written: 12 });
    expect(metrics.close).toMatchObject({ state: "closed" });
    expect(metrics.finish).toMatchObject({ state: "full" });
    expect(metrics.some).toMatchObject({ empty: 63, full: 1 });
    expect(metrics.reset).toMatchObject({ state: "empty", written: 0 });
    expect(bodies(directory, "effect-outcome")).toMatchObject([{ effect: "zone-reset", ok: true }]);
  });

  it("fails at another status than the plan expects, and passes at the one that it does", async () => {
    const tooMany = ["zone: {action: open, zone: 0}", "zone: {action: open, zone: 1}"];
    const { ending } = await run([...tooMany, "zone: {action: open, zone: 2}"]);
    expect(ending).toEqual(["failed", "Zone open came back with 01/be, expected 00/00"]);
    const wanted = await run(["zone: {action: reset}", ...tooMany, 'zone: {action: open, zone: 2, expect: "01/be"}']);
    expect(wanted.ending).toEqual(PASSED);
  });

  it("is errored where there is no such zone", async () => {
    expect((await run(["zone: {action: open, zone: 64}"])).ending).toEqual([
      "errored",
      "namespace 1 has 64 zones: there is no zone 64",
    ]);
  });

  it("says of a namespace without zones that it has none", async () => {
    const { directory, ending } = await run(["zone: {action: report}"], HOST_YAML);
    expect(ending).toEqual(["errored", expect.stringMatching(/^ERR_UNSUPPORTED: namespace 1 is not zoned/)]);
    expect(bodies(directory, "finished")[0]!.attribution).toMatchObject({ cause: "test" });
  });
});

describe("the plan zone-life", () => {
  it("passes on a zoned drive", async () => {
    const { directory, ending } = await execute(catalogPlan("zones/zone-life"));
    expect(ending).toEqual(PASSED);
    const judged = bodies(directory, "criterion").map(({ id, outcome }) => `${id} ${outcome}`);
    expect(judged.filter((one) => !one.endsWith("passed"))).toEqual([]);
  });
});
