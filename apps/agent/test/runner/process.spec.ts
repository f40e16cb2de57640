/** The runner as the agent starts it: a process of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { driver } from "@assay/nvme-native";
import { decodeCmdlog, eventSchema } from "@assay/protocol";
import { Bench, bodies, ending, HOST_YAML, journalOf, plan, request } from "./bench";

const RUNNER = join(__dirname, "../../dist/runner");
const SOAK =
  "effects: [writes]\nsteps: [{ioworker: {id: io, size: 4KiB, read: 50%, depth: 8, time: 1m, verify: true, sample: 100ms}}]";

// A shared machine may take its time.
jest.setTimeout(60_000);

let bench: Bench;
const children: ChildProcess[] = [];
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  bench.remove();
});

function start(directory: string) {
  const child = spawn(process.execPath, [join(RUNNER, "main.js"), directory], { stdio: "ignore" });
  children.push(child);
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });
  return { child, ended };
}

/** Settles when the journal has an event of the type and the condition holds. */
async function journalled(directory: string, type: string): Promise<void> {
  while (!journalOf(directory).some(({ body }) => body.type === type))
    await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("a runner process", () => {
  it("ends with code 0 when its journal says `finished`, and has announced itself", async () => {
    await bench.makeDrive(driver);
    const directory = bench.order(plan("steps: [{snapshot: {id: s, of: [identify, smart, registers, link]}}]"));
    const { child, ended } = start(directory);
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(ending(directory)).toEqual(["completed", null]);
    expect(JSON.parse(readFileSync(join(directory, "runner.json"), "utf8"))).toMatchObject({ pid: child.pid });
  });

  it("killed with -9 leaves a journal that can be read to its last whole line, and its cmdlog", async () => {
    await bench.makeDrive(driver);
    const directory = bench.order(plan(SOAK));
    const { child, ended } = start(directory);
    await journalled(directory, "step-started");
    while (!ringsOf(directory).some((ring) => ring.qid !== 0 && ring.entries.length > 100))
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGKILL");
    expect((await ended).signal).toBe("SIGKILL");
    const text = readFileSync(join(directory, "journal.jsonl"), "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n")).split("\n");
    expect(whole.map((line) => eventSchema.parse(JSON.parse(line)).seq)).toEqual(whole.map((_, n) => n + 1));
    expect(bodies(directory, "finished")).toEqual([]);
  });

  it.each([
    ["cancel", "cancelled", "cancelled"],
    ["revoke", "errored", "lease-revoked"],
  ] as const)(
    "asked to %s ends by itself with the outcome %s, and its drive can be opened again",
    async (what, outcome, rule) => {
      await bench.makeDrive(driver);
      const directory = bench.order(plan(SOAK));
      const { ended } = start(directory);
      await journalled(directory, "step-started");
      request(directory, what);
      expect(await ended).toEqual({ code: 0, signal: null });
      expect(bodies(directory, "finished")).toMatchObject([{ outcome, attribution: { rule } }]);
      const next = bench.order(plan("steps: [{verify: {id: v, rule: exact}}]"));
      expect(await start(next).ended).toEqual({ code: 0, signal: null });
      expect(ending(next)).toEqual(["completed", null]);
    },
  );

  it("stopped past its deadline sends at most the command that each thread had already checked", async () => {
    await bench.makeDrive(driver);
    // Long enough for a busy machine to start the runner in; it is stopped as soon as its I/O was seen.
    const budgetNs = 15_000_000_000n;
    const deadlineNs = driver.boottimeNs() + budgetNs;
    const deadlineUnixNs = BigInt(Date.now()) * 1_000_000n + budgetNs;
    const directory = bench.order(plan(SOAK), { deadlineNs });
    const { child, ended } = start(directory);
    await Promise.race([journalled(directory, "samples"), ended]);
    child.kill("SIGSTOP");
    while (driver.boottimeNs() < deadlineNs) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGCONT");
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(ending(directory)[0]).toBe("deadline");
    expect(ringsOf(directory).some((ring) => ring.qid !== 0 && ring.entries.length > 0)).toBe(true);
    // The wall clock of the rings was read a little apart from ours.
    const toleranceNs = 20_000_000n;
    for (const ring of ringsOf(directory)) {
      const late = ring.entries.filter((entry) => entry.submittedNs > deadlineUnixNs + toleranceNs);
      expect(late.length).toBeLessThanOrEqual(1);
    }
  }, 180_000);
});

function ringsOf(directory: string) {
  const folder = join(directory, "cmdlog-live");
  try {
    return readdirSync(folder).map((name) => decodeCmdlog(readFileSync(join(folder, name))));
  } catch {
    return [];
  }
}

describe("provision", () => {
  const provision = (...args: string[]) => {
    const hostFile = join(bench.root, "host.yaml");
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(RUNNER, "provision.js"), hostFile, ...args], {
      encoding: "utf8",
    });
    const lines = stdout.split("\n").filter((line) => line !== "");
    return { status, stderr, lines: lines.map((line) => JSON.parse(line)) };
  };

  it("makes the drives that are missing and says who is in each slot; the second time it finds them there", () => {
    writeFileSync(join(bench.root, "host.yaml"), HOST_YAML);
    const expected = {
      slot: "bay-1",
      error: null,
      observed: { identity: { serial: "SIM0001" }, capacityBytes: "67108864", lbaBytes: 512 },
    };
    expect(provision().lines).toMatchObject([expected]);
    const again = provision();
    expect(again.status).toBe(0);
    expect(again.lines).toMatchObject([expected]);
  });
  it("as a probe makes nothing, and says of each slot why it could not be read", () => {
    writeFileSync(join(bench.root, "host.yaml"), HOST_YAML);
    const { status, lines } = provision("--probe", "--slot", "bay-1", "--slot", "bay-7");
    expect(status).toBe(0);
    expect(lines.map((line) => [line.slot, line.observed, typeof line.error])).toEqual([
      ["bay-7", null, "string"],
      ["bay-1", null, "string"],
    ]);
    expect(readdirSync(bench.root)).not.toContain("bay-1.drive");
  });
  it("shows every mistake of the host's file with its place, and ends with its own exit code", () => {
    writeFileSync(join(bench.root, "host.yaml"), HOST_YAML.replace("transport: model", "transport: modem"));
    const { status, stderr } = provision();
    expect(status).toBe(78);
    expect(stderr).toMatch(/host\.yaml:\d+:\d+: /);
  });
});
