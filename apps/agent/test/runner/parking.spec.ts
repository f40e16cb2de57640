import { existsSync } from "node:fs";
import { join } from "node:path";
import { runDirectory } from "../../src/runner/directory-run";
import { Bench, bodies, ending, HOST_YAML, hostOf, journalOf, plan, request } from "./bench";
import { NullDriver } from "./null-driver";

// A shared machine may take its time.
jest.setTimeout(60_000);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

const PCIE = HOST_YAML.replace(
  "{transport: model, address: bay-1.drive}",
  '{transport: spdk-pcie, address: "0000:01:00.0"}',
)
  .replace("    power: {driver: simulated}\n", "    power: {driver: exec, cut: [x], restore: [x], read: [x]}\n")
  .replace(/ {4}simulated:.*\n/, "");
const FAILING = "steps: [{ioworker: {id: io, size: 4KiB, time: 1s}}]\nonFailure: {hold: true, capture: [smart]}";
const broken = () => ({ result: { end: "error" as const, miscompares: 1n } });

/** A PCIe device that nobody uses. */
const facts: ReturnType<typeof hostOf>["readFacts"] = () => ({
  device: {
    kind: "pci",
    address: "0000:01:00.0",
    present: true,
    driver: "vfio-pci",
    iommuGroup: "1",
    siblings: [],
    numaNode: null,
    blocks: [],
  },
  host: { mounts: [], swaps: [], mdMembers: [], btrfsMembers: [], zfsLoaded: false },
});

/** Settles when the file is there. */
async function appears(file: string): Promise<void> {
  while (!existsSync(file)) await new Promise((resolve) => setImmediate(resolve));
}

describe("a failed run on hold whose device a close might reset", () => {
  it("parks after `finished`: keeps the device open, sends nothing, and lets go when it is released", async () => {
    const driver = new NullDriver({ worker: broken });
    const directory = bench.order(plan(FAILING), { host: PCIE });
    const ended = runDirectory(directory, { ...hostOf(driver), readFacts: facts });
    await appears(join(directory, "parked"));
    expect(ending(directory)[0]).toBe("failed");
    expect(driver.calls).not.toContain("close");
    expect(driver.deadlineNs).toBe(driver.nowNs);
    const before = journalOf(directory).length;
    request(directory, "release");
    await ended;
    expect(journalOf(directory)).toHaveLength(before);
  });
  it("does not park when it passed", async () => {
    const driver = new NullDriver();
    const directory = bench.order(plan(FAILING), { host: PCIE });
    await runDirectory(directory, { ...hostOf(driver), readFacts: facts });
    expect(existsSync(join(directory, "parked"))).toBe(false);
    expect(driver.calls).toContain("close");
  });
  it("does not park on a simulated drive, whose state survives the close", async () => {
    const driver = new NullDriver({ worker: broken });
    const directory = bench.order(plan(FAILING));
    await runDirectory(directory, hostOf(driver));
    expect(existsSync(join(directory, "parked"))).toBe(false);
    expect(driver.calls).toContain("close");
  });
});

describe("a slot that an earlier run left dark", () => {
  it("is switched on before the drive is opened, journalled as an effect", async () => {
    const driver = new NullDriver();
    driver.power = "off";
    const directory = bench.order(plan("steps: [{wait: {for: 1ms}}]"));
    await runDirectory(directory, hostOf(driver));
    expect(driver.calls.filter((call) => call === "power-on" || call === "open")).toEqual(["power-on", "open"]);
    expect(bodies(directory, "effect-outcome")).toMatchObject([{ effect: "power-restore", ok: true }]);
    expect(ending(directory)[0]).toBe("completed");
  });
  it("stays dark where the host does not allow power cycles", async () => {
    const driver = new NullDriver();
    driver.power = "off";
    const host = HOST_YAML.replace(", power-cycles]", "]");
    const directory = bench.order(plan("steps: [{wait: {for: 1ms}}]"), { host });
    await runDirectory(directory, hostOf(driver));
    expect(driver.calls.filter((call) => call !== "setDeadline")).toEqual([]);
    expect(ending(directory)).toEqual(["errored", "the slot's power is off"]);
  });
});

describe("a run of another boot", () => {
  it("is not begun: its deadline means nothing any more", async () => {
    const driver = new NullDriver();
    const directory = bench.order(plan(FAILING));
    await expect(runDirectory(directory, { ...hostOf(driver), bootId: "another" })).rejects.toThrow("launched in boot");
    expect(driver.calls).toEqual([]);
    expect(journalOf(directory)).toEqual([]);
  });
});
