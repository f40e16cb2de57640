/** Promise 6 on the software drive: it becomes another one while it is dark or resets, with readers that go on beside. */
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { driver, type NvmeDriver } from "@assay/nvme-native";
import { decodeCmdlog } from "@assay/protocol";
import { runDirectory } from "../../src/runner/directory-run";
import { Bench, bodies, ending, hostOf, IDENTITY, journalOf, plan } from "./bench";

// A shared machine may take its time.
jest.setTimeout(60_000);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

/** In the mapped file of the drive, so that also the process that has it open meets another serial number. */
function becomeAnother(drive: string): void {
  const header = readFileSync(drive).subarray(0, 64 * 1024);
  const at = header.indexOf(IDENTITY.serial);
  expect(at).toBeGreaterThan(0);
  const file = openSync(drive, "r+");
  writeSync(file, "SIM9999", at);
  closeSync(file);
}

/** When the drive became another one, Unix ns. */
interface Swap {
  atNs: bigint;
}

/** How long the changed drive takes to say who it is: time enough for the readers that start meanwhile. */
const IDENTIFY_TAKES_MS = 500;

/** The driver itself, with a drive that becomes another one in a reset, or behind the open controller when power is cut. */
function swapping(swap: Swap, drive: string, when: "dark" | "reset"): NvmeDriver {
  const become = () => {
    becomeAnother(drive);
    swap.atNs = BigInt(Date.now()) * 1_000_000n;
  };
  return Object.assign(Object.create(driver) as NvmeDriver, {
    modelPower: async (...args: Parameters<NvmeDriver["modelPower"]>) => {
      const state = await driver.modelPower(...args);
      if (when === "dark" && args[1] === "off") become();
      return state;
    },
    open: async (...args: Parameters<NvmeDriver["open"]>) => {
      const controller = await driver.open(...args);
      const { reset, identify } = controller;
      controller.reset = async () => {
        const report = await reset.call(controller);
        if (when === "reset") become();
        return report;
      };
      controller.identify = async () => {
        if (swap.atNs !== 0n) await new Promise((resolve) => setTimeout(resolve, IDENTIFY_TAKES_MS));
        return identify.call(controller);
      };
      return controller;
    },
  });
}

const READERS = Array.from({ length: 9 }, (_, n) => {
  const after = n === 0 ? "" : `, after: ${n * 100}ms`;
  return `
      - ioworker: {id: io${n}, size: 4KiB, read: 100%, depth: 4, count: 20${after}}`;
}).join("");
const IDENTIFY = 0x06;
/** Create and delete queues, number of queues: what bringing a controller up takes. */
const BRING_UP = new Set([0x00, 0x01, 0x04, 0x05, 0x09]);

describe("a drive that became another one under readers", () => {
  it.each([
    ["while its power was off", "dark", "power: {id: cut, action: cycle, off: 20ms, after: 150ms}"],
    ["in a controller reset", "reset", "reset: {id: rst, after: 150ms}"],
  ] as const)("%s gets Identify and nothing more", async (_, when, disruption) => {
    await bench.makeDrive(driver);
    const swap: Swap = { atNs: 0n };
    const effects = when === "dark" ? "needs: {power: cut}\neffects: [power-cycles]\n" : "";
    const directory = bench.order(plan(`${effects}steps:\n  - parallel:${READERS}\n      - ${disruption}`));
    await runDirectory(directory, hostOf(swapping(swap, join(bench.root, "bay-1.drive"), when)));

    expect(ending(directory)).toEqual(["errored", expect.stringMatching(/^refused: .*"SIM9999" and not "SIM0001"/)]);
    const seen = bodies(directory, "identity").map((i) => `${i.identity.serial} ${i.matches}`);
    expect(seen.at(-1)).toBe("SIM9999 false");
    expect(new Set(seen.slice(0, -1))).toEqual(new Set(["SIM0001 true"]));
    expect(bodies(directory, "refused")).toHaveLength(1);
    // Readers were at work before, and what came after the swap is Identify.
    const folder = join(directory, "cmdlog-live");
    const logs = readdirSync(folder).map((name) => decodeCmdlog(readFileSync(join(folder, name))));
    expect(logs.filter((log) => log.qid !== 0).some((log) => log.entries.length >= 20)).toBe(true);
    const after = logs.flatMap((log) =>
      log.entries
        .filter((entry) => entry.submittedNs > swap.atNs)
        .map((entry) => ({ qid: log.qid, opcode: entry.opcode })),
    );
    expect(after.filter((sent) => sent.qid === 0 && sent.opcode === IDENTIFY).length).toBeGreaterThan(0);
    expect(after.filter((sent) => sent.qid !== 0 || !(sent.opcode === IDENTIFY || BRING_UP.has(sent.opcode)))).toEqual(
      [],
    );
    expect(journalOf(directory).at(-1)!.body.type).toBe("finished");
  });
});
