import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runDirectory } from "../../src/runner/directory-run";
import { RunnerDirectoryTaken } from "../../src/runs/runner-mark";
import { Bench, bodies, ending, HOST_YAML, hostOf, journalOf, plan, request } from "./bench";
import { NullDriver, nvmeError, type Script } from "./null-driver";

// A shared machine may take its time.
jest.setTimeout(60_000);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

const WRITE =
  "effects: [writes]\nsteps: [{ioworker: {id: io, size: 4KiB, read: 0%, time: 1s}}]\nfinally: [{reset: {id: tidy}}]";
const start = (directory: string, driver: NullDriver) => runDirectory(directory, hostOf(driver));
async function run(spec: string, script: Partial<Script>, options = {}) {
  const driver = new NullDriver(script);
  const directory = bench.order(plan(spec), options);
  await start(directory, driver);
  return { driver, directory };
}
/** Calls that reach the drive. */
const touched = (driver: NullDriver) => driver.calls.filter((call) => !["setDeadline", "close"].includes(call));

describe("the guard in the runner", () => {
  it("gives a drive with another serial the open and Identify, nothing more", async () => {
    const { driver, directory } = await run(WRITE, { serial: "OTHER" });
    expect(touched(driver)).toEqual(["open", "identify"]);
    expect(bodies(directory, "identity")).toMatchObject([{ matches: false, identity: { serial: "OTHER" } }]);
    expect(bodies(directory, "refused")).toHaveLength(1);
    expect(ending(directory)[0]).toBe("errored");
    expect(bodies(directory, "finished")[0]!.attribution!.rule).toBe("identity-mismatch");
  });
  it("does not even open a drive whose host file lists another one", async () => {
    const { driver, directory } = await run(WRITE, {}, { serial: "SIM0002" });
    expect(touched(driver)).toEqual([]);
    expect(ending(directory)[0]).toBe("errored");
  });
  it("does not open a drive for effects that its host does not allow", async () => {
    const host = HOST_YAML.replace("[writes, destroys-data, power-cycles]", "[]");
    const { driver, directory } = await run(WRITE, {}, { host });
    expect(touched(driver)).toEqual([]);
    expect(bodies(directory, "refused")[0]!.reason).toContain("does not allow writes");
  });
  it("does not open a slot that the host's file does not list", async () => {
    const { driver, directory } = await run(WRITE, {}, { host: HOST_YAML.replace("bay-1\n", "bay-9\n") });
    expect(touched(driver)).toEqual([]);
    expect(bodies(directory, "refused")[0]!.rule).toBe("slot-listed");
  });
  it("refuses a drive that was swapped behind a reset, and skips `finally`", async () => {
    const driver = new NullDriver();
    driver.script.before = (what) => {
      if (what === "reset") driver.script.serial = "SWAPPED";
    };
    const directory = bench.order(
      plan(
        "effects: [writes]\nsteps: [{reset: {id: r}}, {ioworker: {id: io, size: 4KiB, read: 0%, time: 1s}}]\nfinally: [{snapshot: {id: s, of: [smart]}}]",
      ),
    );
    await start(directory, driver);
    expect(driver.calls.slice(driver.calls.indexOf("reset"))).toEqual(["reset", "identify", "close"]);
    expect(ending(directory)[0]).toBe("errored");
  });
  it("does not do an effect that the host's owner took back in the middle of the run", async () => {
    const driver = new NullDriver();
    const directory = bench.order(plan(WRITE));
    driver.script.before = (what) => {
      if (what === "log-2")
        writeFileSync(join(bench.root, "host.yaml"), HOST_YAML.replace("[writes, destroys-data, power-cycles]", "[]"));
    };
    await start(directory, driver);
    expect(driver.calls).not.toContain("worker-0");
    expect(bodies(directory, "refused")).toMatchObject([{ rule: "effects-allowed" }]);
  });
  it("reads the identity again before a write", async () => {
    const { directory } = await run(WRITE, {});
    expect(bodies(directory, "identity").map((i) => i.moment)).toEqual(["open", "before-effect", "reset", "end"]);
  });
});

describe("the end from outside", () => {
  const endless = { worker: () => ({ endless: true }) };

  it("cancel: workers stop, `finally` runs, outcome cancelled", async () => {
    const driver = new NullDriver(endless);
    const directory = bench.order(plan(WRITE));
    driver.script.before = (what) => what === "worker-0" && request(directory, "cancel");
    await start(directory, driver);
    expect(ending(directory)[0]).toBe("cancelled");
    expect(driver.calls).toContain("reset");
    expect(driver.running.size).toBe(0);
  });
  it("revoke: the driver is silenced and nothing reaches the drive any more", async () => {
    const driver = new NullDriver(endless);
    const directory = bench.order(plan(WRITE));
    driver.script.before = (what) => what === "worker-0" && request(directory, "revoke");
    await start(directory, driver);
    expect(driver.calls.slice(driver.calls.indexOf("worker-0"))).toEqual(["worker-0", "setDeadline", "close"]);
    expect(driver.deadlineNs).toBe(driver.nowNs);
    expect(ending(directory)[0]).toBe("errored");
    expect(bodies(directory, "finished")[0]!.attribution!.rule).toBe("lease-revoked");
  });
  it("deadline: nothing is sent after it, not even `finally`", async () => {
    const driver = new NullDriver({ worker: () => ({ result: { end: "deadline" } }) });
    const directory = bench.order(plan(WRITE), { deadlineNs: 1000n });
    driver.script.before = (what) => {
      if (what === "worker-0") driver.nowNs = 1000n;
    };
    await start(directory, driver);
    expect(driver.calls.slice(driver.calls.indexOf("worker-0"))).toEqual(["worker-0", "close"]);
    expect(ending(directory)[0]).toBe("deadline");
  });
  it("a runner that starts after its deadline touches nothing", async () => {
    const driver = new NullDriver();
    driver.nowNs = 2000n;
    const directory = bench.order(plan(WRITE), { deadlineNs: 1000n });
    await start(directory, driver);
    expect(touched(driver)).toEqual([]);
    expect(ending(directory)[0]).toBe("deadline");
  });
  it.each(["deadline", "revoke"])(
    "an effect whose %s comes while its intent goes to the disk is not done",
    async (stop) => {
      const driver = new NullDriver();
      const cycle = "needs: {power: cut}\neffects: [power-cycles]\nsteps: [{power: {id: off, action: cycle}}]";
      const directory = bench.order(plan(cycle), { deadlineNs: 1000n });
      let identified = 0;
      driver.script.before = (what) => {
        if (what !== "identify" || ++identified < 2) return;
        if (stop === "deadline") driver.nowNs = 1000n;
        else request(directory, "revoke");
      };
      await start(directory, driver);
      expect(driver.calls).not.toContain("power-off");
      expect(bodies(directory, "effect-outcome")).toMatchObject([{ effect: "power-cut", ok: false }]);
      expect(ending(directory)[0]).toBe(stop === "deadline" ? "deadline" : "errored");
    },
  );
  it("a command refused for the deadline by the driver is the deadline", async () => {
    const { directory } = await run("steps: [{snapshot: {id: s, of: [registers]}}]", {
      before: (what) => {
        if (what === "registers") throw nvmeError("ERR_DEADLINE");
      },
    });
    expect(ending(directory)[0]).toBe("deadline");
  });
  it("half a measurement is not judged: of an interrupted step only findings are told", async () => {
    const driver = new NullDriver({ worker: () => ({ endless: true, result: { reads: 1n } }) });
    const directory = bench.order(plan(WRITE));
    driver.script.before = (what) => what === "worker-0" && request(directory, "cancel");
    await start(directory, driver);
    expect(bodies(directory, "metrics").filter((m) => m.path === "io")).toEqual([]);
    expect(ending(directory)[0]).toBe("cancelled");
  });
  it("a finding of an interrupted step is told all the same", async () => {
    const errors = [{ opcode: 2, sct: 2, sc: 0x81, count: 3, firstMs: 1, lastMs: 1 }];
    const driver = new NullDriver({ worker: () => ({ endless: true, result: { errors } }) });
    const directory = bench.order(plan(WRITE));
    driver.script.before = (what) => what === "worker-0" && request(directory, "cancel");
    await start(directory, driver);
    expect(
      bodies(directory, "metrics")
        .filter((m) => m.path === "io")
        .map((m) => m.values),
    ).toEqual([{ errors: 3 }]);
    expect(ending(directory)[0]).toBe("failed");
  });
  it("a sweep ended by the deadline keeps its violations and claims no coverage", async () => {
    const driver = new NullDriver({ verify: { violations: 2n, coveragePercent: 37 } });
    const directory = bench.order(plan("steps: [{verify: {id: v, rule: exact}}]"), { deadlineNs: 1000n });
    driver.script.before = (what) => {
      if (what.startsWith("verify")) driver.nowNs = 1000n;
    };
    await start(directory, driver);
    expect(bodies(directory, "metrics").map((m) => m.values)).toEqual([{ violations: 2 }]);
    expect(ending(directory)[0]).toBe("failed");
  });
  it("a sweep of a region of which nothing is known claims no coverage, and a criterion on it errs", async () => {
    const driver = new NullDriver({ verify: { coveragePercent: null, unknownLbas: 8n } });
    const criteria = "criteria: [{id: covered, metric: v.coverage, ge: 100%}]";
    const directory = bench.order(plan(`steps: [{verify: {id: v, rule: exact}}]\n${criteria}`));
    await start(directory, driver);
    const [metrics] = bodies(directory, "metrics").map((m) => m.values);
    expect(metrics).toMatchObject({ violations: 0, unknownLbas: 8 });
    expect(metrics).not.toHaveProperty("coverage");
    expect(ending(directory)[0]).toBe("errored");
  });
  it("keeps what exposure there was, also of a cancelled run", async () => {
    const driver = new NullDriver({ worker: () => ({ endless: true, result: { writtenBytes: 4096n } }) });
    const directory = bench.order(plan(WRITE));
    driver.script.before = (what) => what === "worker-0" && request(directory, "cancel");
    await start(directory, driver);
    expect(bodies(directory, "exposure")).toMatchObject([{ writtenBytes: "4096", resets: 1 }]);
  });
});

describe("a run directory", () => {
  it("belongs to one runner: the second touches nothing", async () => {
    const driver = new NullDriver();
    const directory = bench.order(plan(WRITE));
    await start(directory, driver);
    const before = journalOf(directory).length;
    const second = new NullDriver();
    await expect(start(directory, second)).rejects.toThrow(RunnerDirectoryTaken);
    expect(second.calls).toEqual([]);
    expect(journalOf(directory)).toHaveLength(before);
  });
  it("with a journal in it is not resumed", async () => {
    const driver = new NullDriver();
    const directory = bench.order(plan(WRITE));
    writeFileSync(join(directory, "journal.jsonl"), "{}\n");
    await expect(start(directory, driver)).rejects.toThrow("never resumes");
    expect(touched(driver)).toEqual([]);
  });
  it("with an order of another wire version is refused in words, and nothing is opened", async () => {
    const { driver, directory } = await run(WRITE, {}, { wireVersion: 99 });
    expect(touched(driver)).toEqual([]);
    expect(ending(directory)).toEqual(["errored", expect.stringContaining("wire version 99")]);
  });
  it("whose host file cannot be used ends errored with the mistake and its place, and nothing is opened", async () => {
    const { driver, directory } = await run(WRITE, {}, { host: HOST_YAML.replace("kind: Host", "kind: Hose") });
    expect(touched(driver)).toEqual([]);
    expect(ending(directory)).toEqual(["errored", expect.stringMatching(/host\.yaml:\d+:\d+: /)]);
  });
  it("keeps the last words of a runner that ends by its own fault", async () => {
    const driver = new NullDriver({
      before: (what) => {
        if (what === "worker-0") throw new TypeError("our own mistake");
      },
    });
    const directory = bench.order(plan(WRITE));
    await expect(start(directory, driver)).rejects.toThrow("our own mistake");
    expect(journalOf(directory).at(-1)!.body).toMatchObject({
      type: "log",
      level: "error",
      text: expect.stringContaining("our own mistake"),
    });
    expect(driver.running.size).toBe(0);
  });
});
