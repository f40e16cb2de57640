/** Steps that send the drive one command, or wait for what it began, on the software drive. */
import { driver, type ModelFault } from "@assay/nvme-native";
import { runDirectory } from "../../src/runner/directory-run";
import { Bench, bodies, ending, hostOf, plan } from "./bench";

// A shared machine may take its time.
jest.setTimeout(60_000);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

async function run(steps: string[], faults: ModelFault[] = []) {
  await bench.makeDrive(driver, faults);
  const list = steps.map((step) => `  - ${step}`).join("\n");
  const directory = bench.order(plan(`effects: [destroys-data]\nsteps:\n${list}`));
  await runDirectory(directory, hostOf(driver));
  const metrics: Record<string, Record<string, unknown>> = {};
  for (const { path, values } of bodies(directory, "metrics")) metrics[path] = { ...metrics[path], ...values };
  return { directory, metrics, ending: ending(directory) };
}

const PASSED = ["completed", null];

describe("single NVM commands", () => {
  it("write, compare, copy and zero, each with the status that the plan expects", async () => {
    const { ending, metrics } = await run([
      "io: {id: put, operation: write, lba: 8, count: 8, value: 0x12345678, fua: true}",
      "io: {operation: compare, lba: 8, count: 8, value: 0x12345678}",
      'io: {operation: compare, lba: 8, count: 8, value: 1, expect: "02/85"}',
      "io: {operation: copy, lba: 8, count: 8, to: 64}",
      "io: {operation: compare, lba: 64, count: 8, value: 0x12345678}",
      "io: {operation: writeZeroes, lba: 64, count: 8}",
      "io: {operation: compare, lba: 64, count: 8, value: 0}",
      "io: {operation: deallocate, lba: 8, count: 8}",
      "io: {operation: verify, lba: 0, count: 8}",
      "io: {operation: flush}",
    ]);
    expect(ending).toEqual(PASSED);
    expect(metrics.put).toMatchObject({ sct: 0, sc: 0, latency: expect.any(Number) });
  });

  it("make an LBA uncorrectable, see it fail, and heal it by a write", async () => {
    const { ending } = await run([
      "io: {operation: writeUncorrectable, lba: 100, count: 1}",
      'io: {operation: read, lba: 96, count: 8, expect: "02/81"}',
      "io: {operation: write, lba: 100, count: 1}",
      "io: {operation: read, lba: 96, count: 8}",
    ]);
    // Reading it is a media error that SMART counts, and that fails every run.
    expect(ending).toEqual(["failed", expect.stringMatching(/^media errors went up/)]);
  });

  it("fail the run at another status, blaming the drive", async () => {
    const { directory, ending } = await run(["io: {operation: read, lba: 131072, count: 1}"]);
    expect(ending).toEqual(["failed", "read came back with 00/80, expected 00/00"]);
    expect(bodies(directory, "finished")[0]!.attribution).toMatchObject({ cause: "dut", rule: "unexpected-status" });
  });
});

describe("what a command only begins", () => {
  it.each(["block-erase", "crypto-erase", "overwrite"])("sanitize %s is waited for, and witnessed", async (action) => {
    const { directory, ending, metrics } = await run([
      "io: {operation: write, lba: 0, count: 8, value: 5}",
      `sanitize: {id: clean, action: ${action}}`,
      'io: {operation: compare, lba: 0, count: 8, value: 5, expect: "02/85"}',
    ]);
    expect(ending).toEqual(PASSED);
    expect(metrics.clean).toMatchObject({ status: expect.any(Number), duration: expect.any(Number) });
    expect(bodies(directory, "effect-outcome").at(-1)).toMatchObject({
      effect: "sanitize",
      ok: true,
      witness: /log 81h/,
    });
  });

  it("a self-test is waited for, and its result judged", async () => {
    const { ending, metrics } = await run(["self-test: {id: test, test: short}"]);
    expect(ending).toEqual(PASSED);
    expect(metrics.test).toMatchObject({ result: 0 });
  });

  it("what takes longer than the plan allows fails", async () => {
    const { ending } = await run(["self-test: {id: test, test: extended, within: 1s}"]);
    expect(ending).toEqual(["failed", "the self-test was not over within 1000 ms"]);
  });
});

describe("resets", () => {
  it("of the whole subsystem bring the controller up again, and its data are there", async () => {
    const { directory, ending, metrics } = await run([
      "io: {operation: write, lba: 0, count: 8, value: 5}",
      "reset: {id: nssr, scope: subsystem}",
      "io: {operation: compare, lba: 0, count: 8, value: 5}",
    ]);
    expect(ending).toEqual(PASSED);
    expect(metrics.nssr).toMatchObject({ readyTime: expect.any(Number) });
    expect(bodies(directory, "identity").map(({ moment }) => moment)).toContain("reset");
  });
});

describe("formats with metadata and protection information", () => {
  it("are as the plan asked, and what is written there reads back", async () => {
    const { ending } = await run([
      "format: {lba: 4KiB, metadata: 8B, protection: 1}",
      "io: {operation: write, lba: 0, count: 8, value: 5}",
      "io: {operation: compare, lba: 0, count: 8, value: 5}",
      "ioworker: {size: 4KiB, read: 50%, count: 200, depth: 4, region: 1MiB, verify: true}",
      "format: {lba: 4KiB, metadata: 64B, extended: true}",
      "io: {operation: write, lba: 0, count: 2, value: 5}",
      "ioworker: {size: 4KiB, read: 50%, count: 200, depth: 4, region: 1MiB, verify: true}",
      "format: {lba: 512B}",
    ]);
    expect(ending).toEqual(PASSED);
  });
});

describe("namespaces", () => {
  it("are deleted and created, attached to this controller, and used", async () => {
    const { directory, ending, metrics } = await run([
      "namespace: {action: delete, nsid: 1}",
      "namespace: {id: first, action: create, size: 16MiB, lba: 4KiB}",
      "namespace: {id: second, action: create, size: 16MiB, lba: 512B}",
      "ioworker: {nsid: 2, size: 4KiB, read: 50%, count: 200, depth: 4, region: 1MiB, verify: true}",
      "namespace: {action: detach, nsid: 2}",
      "namespace: {action: attach, nsid: 2}",
      'namespace: {action: delete, nsid: 9, expect: "00/0b"}',
    ]);
    expect(ending).toEqual(PASSED);
    expect([metrics.first?.nsid, metrics.second?.nsid]).toEqual([1, 2]);
    const witnesses = bodies(directory, "effect-outcome").map(({ witness }) => witness);
    expect(witnesses.slice(0, 5)).toEqual(
      ["none", "1", "1, 2", "1", "1, 2"].map((list) => `active namespaces afterwards: ${list}`),
    );
  });
});
