/** Firmware on the software drive, through a plan: stored, activated, taken back, refused, and not activated. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { driver, type ModelFault } from "@assay/nvme-native";
import type { ResolvedPlan } from "@assay/plans";
import { runDirectory } from "../../src/runner/directory-run";
import { disagreement } from "../../src/runner/steps/firmware.step";
import { Bench, bodies, catalogPlan, ending, hostOf, plan } from "./bench";

// A shared machine may take its time.
jest.setTimeout(60_000);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

/** Images of the software drive begin so (native/model/admin/firmware.h). */
function addImage(name: string, revision: string, magic = "ASSAYFW1"): string {
  const data = new Uint8Array(10_000).fill(0x5a);
  data.set(Buffer.from(`${magic}${revision.padEnd(8)}`));
  mkdirSync(join(bench.root, "firmware"), { recursive: true });
  writeFileSync(join(bench.root, "firmware", name), data);
  return createHash("sha256").update(data).digest("hex");
}

async function execute(resolved: ResolvedPlan, faults: ModelFault[] = []) {
  await bench.makeDrive(driver, faults);
  const directory = bench.order(resolved);
  await runDirectory(directory, hostOf(driver));
  const metrics: Record<string, Record<string, unknown>> = {};
  for (const { path, values } of bodies(directory, "metrics")) metrics[path] = { ...metrics[path], ...values };
  return { directory, metrics, ending: ending(directory) };
}

const run = (steps: string[], faults: ModelFault[] = []) =>
  execute(plan(`effects: [destroys-data]\nsteps:\n${steps.map((step) => `  - ${step}`).join("\n")}`), faults);

const PASSED = ["completed", null];

describe("a firmware step", () => {
  it("loads an image into a slot, activates it by a reset, and goes back to what was before", async () => {
    const sha256 = addImage("new.bin", "2.0");
    const { directory, ending, metrics } = await run([
      "io: {operation: write, lba: 0, count: 8, value: 5}",
      `firmware: {id: up, image: new.bin, sha256: ${sha256}, slot: 2, revision: "2.0"}`,
      "io: {operation: compare, lba: 0, count: 8, value: 5}",
      'firmware: {id: back, slot: 1, revision: "1.0", resetBy: subsystem}',
      "io: {operation: compare, lba: 0, count: 8, value: 5}",
    ]);
    expect(ending).toEqual(PASSED);
    expect(metrics.up).toMatchObject({ sct: 0, activeSlot: 2, revision: "2.0", readyTime: expect.any(Number) });
    expect(metrics.back).toMatchObject({ activeSlot: 1, revision: "1.0" });
    const intents = bodies(directory, "effect-intent").map(({ effect, detail }) => [effect, detail]);
    expect(intents).toEqual([
      ["firmware-commit", { slot: 2, action: 1, image: "new.bin", bytes: 10_000, sha256 }],
      ["firmware-commit", { slot: 1, action: 2 }],
    ]);
    expect(bodies(directory, "effect-outcome")[0]).toMatchObject({ ok: true, witness: /slot 1 active, 2 next/ });
    expect(bodies(directory, "identity").at(-1)!.identity.firmware).toBe("1.0");
  });

  it("activates at once where the plan says so, and only stores where it says that", async () => {
    addImage("a.bin", "2.0");
    addImage("b.bin", "3.0");
    const { ending, metrics } = await run([
      "firmware: {id: store, image: a.bin, slot: 2, activate: none}",
      "snapshot: {id: still, of: [firmware-log]}",
      'firmware: {id: now, image: b.bin, slot: 3, activate: now, revision: "3.0"}',
      'firmware: {id: stored, slot: 2, activate: now, revision: "2.0"}',
      "firmware: {id: chosen, image: b.bin}",
    ]);
    expect(ending).toEqual(PASSED);
    expect(metrics.still).toMatchObject({ "firmware.activeSlot": 1, "firmware.revision": "1.0" });
    expect(metrics.now).toMatchObject({ activeSlot: 3, revision: "3.0" });
    expect(metrics.chosen).toMatchObject({ revision: "3.0" });
  });

  it("fails the run when the drive does not activate it, and blames the firmware", async () => {
    addImage("new.bin", "2.0");
    const { directory, ending } = await run(
      ['firmware: {image: new.bin, slot: 2, revision: "2.0"}'],
      [{ kind: "failed-activation" }],
    );
    expect(ending).toEqual(["failed", "the firmware was not activated: slot 1 is active (1.0) and not slot 2"]);
    expect(bodies(directory, "finished")[0]!.attribution).toMatchObject({
      cause: "firmware",
      rule: "activation-failed",
    });
  });

  it("fails at another revision than the plan means, also when the drive is content", async () => {
    addImage("new.bin", "2.0");
    const { ending } = await run(['firmware: {image: new.bin, slot: 2, revision: "2.1"}']);
    expect(ending).toEqual(["failed", "the firmware was not activated: the drive runs 2.0 and not 2.1"]);
  });

  it("fails when the drive refuses the image, unless the plan wants that; then nothing is activated", async () => {
    addImage("foreign.bin", "2.0", "SOMEBODY");
    const refused = "firmware: {id: bad, image: foreign.bin, slot: 2";
    expect((await run([`${refused}}`])).ending).toEqual([
      "failed",
      "Firmware Commit came back with 01/07, expected 00/00",
    ]);
    const wanted = await run([`${refused}, expect: "01/07"}`, "snapshot: {id: after, of: [firmware-log]}"]);
    expect(wanted.ending).toEqual(PASSED);
    expect(wanted.metrics.after).toMatchObject({ "firmware.activeSlot": 1 });
    expect(wanted.metrics.bad).not.toHaveProperty("activeSlot");
  });

  it.each([
    ["an image that the host has not", "firmware: {image: none.bin}", /the host has no firmware image none\.bin/],
    [
      "another image than the plan means",
      `firmware: {image: new.bin, sha256: ${"f".repeat(64)}}`,
      /the host's new\.bin has the SHA-256 [0-9a-f]{64}, the plan means f{64}/,
    ],
    ["what is no image", "firmware: {image: odd.bin}", /odd\.bin has 5 bytes/],
  ])("does not begin with %s", async (_what, step, reason) => {
    addImage("new.bin", "2.0");
    writeFileSync(join(bench.root, "firmware", "odd.bin"), "12345");
    const { directory, ending } = await run([step]);
    expect(ending).toEqual(["errored", expect.stringMatching(reason)]);
    expect(bodies(directory, "effect-intent")).toEqual([]);
  });
});

describe("the plan firmware-update", () => {
  const parameters = { image: "new.bin", revision: "2.0", time: "1s", region: "4MiB" };

  it("passes on a drive that takes its firmware", async () => {
    addImage("new.bin", "2.0");
    const { ending, metrics } = await execute(catalogPlan("firmware/firmware-update", parameters));
    expect(ending).toEqual(PASSED);
    expect(metrics.beside).toMatchObject({ miscompares: 0, errors: 0 });
  });

  it("fails on one that stays with its old one", async () => {
    addImage("new.bin", "2.0");
    const faults: ModelFault[] = [{ kind: "failed-activation" }];
    const { ending } = await execute(catalogPlan("firmware/firmware-update", parameters), faults);
    expect(ending).toEqual(["failed", expect.stringMatching(/^the firmware was not activated/)]);
  });
});

describe("what a drive tells after an activation", () => {
  const told = { meant: 2, active: 2, running: "2.0", stored: "2.0" };
  it.each([
    ["all agree", told, "2.0", null],
    ["nobody says which slot was meant", { ...told, meant: 0, stored: "" }, null, null],
    ["another slot is active", { ...told, active: 1 }, null, /slot 1 is active/],
    ["Identify disagrees with log 03h", { ...told, running: "1.0" }, null, /Identify says 1\.0, slot 2 holds 2\.0/],
  ])("when %s", (_when, words, revision, expected) => {
    const found = disagreement({ revision }, words);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatch(expected);
  });
});
