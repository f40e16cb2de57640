import { runDirectory } from "../../src/runner/directory-run";
import { Bench, bodies, ending, hostOf, journalOf, plan, request } from "./bench";
import { NullDriver, nvmeError, type Script } from "./null-driver";

// A shared machine may take its time.
jest.setTimeout(60_000);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

async function run(spec: string, script: Partial<Script> = {}, options = {}) {
  const driver = new NullDriver(script);
  const directory = bench.order(plan(spec), options);
  await runDirectory(directory, hostOf(driver));
  return { driver, directory };
}
const outcomes = (directory: string) =>
  bodies(directory, "step-finished").map((s) => `${s.path}[${s.iteration}] ${s.outcome}`);

describe("a run whose drive does what it must", () => {
  it("journals, numbered without a gap, from `started` to `finished`", async () => {
    const { directory } = await run("steps: [{snapshot: {id: s, of: [smart, identify]}}]");
    const events = journalOf(directory);
    expect(events.map((e) => e.seq)).toEqual(events.map((_, n) => n + 1));
    expect(events[0]!.body.type).toBe("started");
    expect(ending(directory)).toEqual(["completed", null]);
  });
  it("sets the deadline before it opens anything", async () => {
    const { driver } = await run("steps: [{wait: {for: 1ms}}]");
    expect(driver.calls.indexOf("setDeadline")).toBeLessThan(driver.calls.indexOf("open"));
  });
  it("says every number that a criterion may judge as a metric", async () => {
    const { directory } = await run(
      "steps: [{snapshot: {id: s, of: [smart]}}, {ioworker: {id: io, size: 4KiB, time: 1s}}]",
    );
    const metrics = bodies(directory, "metrics");
    expect(metrics[0]!.values).toMatchObject({ "smart.powerCycles": 0, "smart.mediaErrors": 0 });
    expect(metrics[1]!.values).toMatchObject({ iops: 100, reads: 100, errors: 0, latencyAverage: 0.001 });
  });
  it("tells workers side by side apart, and gives each a seed of its own", async () => {
    const seeds: bigint[] = [];
    const worker: Script["worker"] = ({ seed }) => {
      seeds.push(seed as bigint);
      return {};
    };
    const { directory } = await run("steps: [{ioworker: {id: io, size: 4KiB, workers: 3, time: 1s}}]", { worker });
    expect(bodies(directory, "metrics").map((m) => m.labels)).toEqual([
      {},
      { worker: 0 },
      { worker: 1 },
      { worker: 2 },
    ]);
    expect(bodies(directory, "metrics")[0]!.values.reads).toBe(300);
    expect(new Set(seeds).size).toBe(3);
  });
  it("draws the same seeds and delays for the same run seed, and others in each iteration", async () => {
    const draw = async (seed: string) => {
      const seeds: bigint[] = [];
      const worker: Script["worker"] = (options) => {
        seeds.push(options.seed as bigint);
        return {};
      };
      await run(
        "steps: [{repeat: {id: r, times: 2, steps: [{ioworker: {id: io, size: 4KiB, time: 1s}}]}}]",
        { worker },
        { seed },
      );
      return seeds;
    };
    const [first, again, other] = [await draw("1"), await draw("1"), await draw("2")];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first[0]).not.toBe(first[1]);
  });
  it("keeps samples, cut into events, and histogram deltas", async () => {
    const sample = (interval: number) => ({
      worker: 0,
      interval,
      intervalMs: 1000,
      atMs: 1000 * interval,
      reads: 1,
      writes: 0,
      others: 0,
      readBytes: 512,
      writeBytes: 0,
      errors: 0,
      latencyAverageNs: 1,
      latencyMaxNs: 1,
    });
    const events = Array.from({ length: 25 }, (_, n) => ({ type: "sample" as const, sample: sample(n) }));
    const { directory } = await run("steps: [{ioworker: {id: io, size: 4KiB, time: 25s}}]", {
      worker: () => ({ events }),
    });
    expect(bodies(directory, "samples").map((e) => e.samples.length)).toEqual([10, 10, 5]);
  });
});

describe("a step that fails", () => {
  const bad = { end: "error" as const, errors: [{ opcode: 2, sct: 2, sc: 0x81, count: 1, firstMs: 1, lastMs: 1 }] };
  const spec = `
effects: [writes, destroys-data]
steps: [{ioworker: {id: io, size: 4KiB, time: 1s}}, {format: {id: never}}]
finally: [{snapshot: {id: last, of: [smart]}}, {format: {id: tidy}}]
onFailure: {hold: true, capture: [smart, cmdlog]}`;

  it("ends the steps, captures before anything else, and leaves out effects of `finally`", async () => {
    const { driver, directory } = await run(spec, { worker: () => ({ result: bad }) });
    expect(outcomes(directory)).toEqual(["io[] failed", "last[] ok", "tidy[] skipped"]);
    expect(driver.calls).not.toContain("format");
    expect(bodies(directory, "capture").map((c) => c.of)).toEqual(["cmdlog", "smart"]);
    expect(ending(directory)).toEqual(["failed", "status 02/81 on opcode 02h, 1 times"]);
    expect(bodies(directory, "status")).toMatchObject([{ opcode: 2, sct: 2, sc: 0x81, count: 1 }]);
    const order = journalOf(directory).map((e) => e.body.type);
    expect(order.indexOf("capture")).toBeLessThan(order.lastIndexOf("step-started"));
  });
  it("runs the effects of `finally` when nothing failed", async () => {
    const { driver } = await run(spec);
    expect(driver.calls.filter((c) => c === "format")).toHaveLength(2);
  });
  it("blames the drive for a miscompare, with LBA, expected and got, and lists at most 64", async () => {
    const miscompare = {
      nsid: 1,
      lba: 4711n,
      kind: "bit-error" as const,
      byteOffset: 9,
      expectedToken: 2n ** 60n,
      gotToken: null,
      expectedLba: 4711n,
      gotLba: 4711n,
      expected: "00ff",
      got: "01ff",
    };
    const events = Array.from({ length: 100 }, () => ({ type: "miscompare" as const, miscompare }));
    const worker = () => ({ events, result: { end: "error" as const, miscompares: 100n } });
    const { directory } = await run(
      "effects: [writes]\nsteps: [{ioworker: {id: io, size: 4KiB, verify: true, time: 1s}}]",
      { worker },
    );
    expect(bodies(directory, "miscompare")).toHaveLength(64);
    expect(bodies(directory, "miscompare")[0]).toMatchObject({
      lba: "4711",
      expectedToken: (2n ** 60n).toString(),
      expected: "00ff",
    });
    expect(bodies(directory, "finished")[0]!.attribution).toEqual({
      cause: "dut",
      rule: "miscompare",
      confidence: 0.9,
    });
  });
  it("counts errors without failing where the plan says so and nothing is verified", async () => {
    const worker = () => ({ result: { ...bad, end: "done" as const } });
    const { directory } = await run("steps: [{ioworker: {id: io, size: 4KiB, time: 1s, onError: count}}]", { worker });
    expect(ending(directory)).toEqual(["completed", null]);
    expect(bodies(directory, "metrics")[0]!.values.errors).toBe(1);
  });
  it("fails an admin command that comes back with another status than expected", async () => {
    const ok = await run('steps: [{admin: {id: a, opcode: 0x6c, expect: "00/01"}}]');
    expect(ending(ok.directory)[0]).toBe("completed");
    const bad = await run("steps: [{admin: {id: a, opcode: 0x6c}}]");
    expect(ending(bad.directory)).toEqual(["failed", "opcode 6ch came back with 00/01, expected 00/00"]);
  });
  it("calls a driver error by its code and whose fault it is", async () => {
    const broken = (code: Parameters<typeof nvmeError>[0]) => ({
      before: (what: string) => {
        if (what === "worker-0") throw nvmeError(code);
      },
    });
    const steps = "steps: [{ioworker: {id: io, size: 4KiB, time: 1s}}]";
    const host = await run(steps, broken("ERR_QPAIR"));
    expect(ending(host.directory)).toEqual(["errored", "ERR_QPAIR: as scripted"]);
    const dut = await run(steps, broken("ERR_TIMEOUT"));
    expect(ending(dut.directory)[0]).toBe("failed");
  });
});

describe("the default rules, whatever the plan's criteria say", () => {
  const smart = (mediaErrors: number, warning = 0) => {
    const page = Buffer.alloc(512);
    page[0] = warning;
    page.writeUInt32LE(mediaErrors, 160);
    return page;
  };
  it("fail a run after which the drive counts more media errors", async () => {
    const { directory } = await run("steps: [{wait: {for: 1ms}}]", { smart: [smart(3), smart(5)] });
    expect(ending(directory)).toEqual(["failed", "media errors went up by 2"]);
  });
  it("fail a run after which a critical warning is newly set, and let an old one be", async () => {
    const fresh = await run("steps: [{wait: {for: 1ms}}]", { smart: [smart(0, 1), smart(0, 5)] });
    expect(ending(fresh.directory)).toEqual(["failed", "critical warning bits newly set: 0x4"]);
    const old = await run("steps: [{wait: {for: 1ms}}]", { smart: [smart(0, 1)] });
    expect(ending(old.directory)[0]).toBe("completed");
  });
  it("fail a run whose controller is in fatal status", async () => {
    const { directory } = await run("steps: [{wait: {for: 1ms}}]", { csts: 3n });
    expect(ending(directory)[0]).toBe("failed");
  });
});

describe("criteria", () => {
  it("are judged by the runner, so that evidence is captured in time", async () => {
    const { directory } = await run(`
steps: [{ioworker: {id: io, size: 4KiB, time: 1s}}]
onFailure: {capture: [smart]}
criteria: [{id: fast, metric: io.iops, ge: 1000}]`);
    expect(bodies(directory, "criterion")).toMatchObject([{ id: "fast", outcome: "failed" }]);
    expect(bodies(directory, "capture")).toHaveLength(1);
    expect(ending(directory)[0]).toBe("failed");
  });
  it("stop a repeat at the first iteration that breaks one with `onViolation: stop`", async () => {
    let rounds = 0;
    const worker = () => ({
      result: { errors: ++rounds === 2 ? [{ opcode: 2, sct: 0, sc: 2, count: 7, firstMs: 1, lastMs: 1 }] : [] },
    });
    const { directory } = await run(
      `
steps: [{repeat: {id: r, times: 5, steps: [{ioworker: {id: io, size: 4KiB, time: 1s, onError: count}}]}}]
criteria: [{id: none, each: r, metric: io.errors, eq: 0, onViolation: stop}]`,
      { worker },
    );
    expect(rounds).toBe(2);
    expect(ending(directory)).toEqual([
      "failed",
      expect.stringContaining("stopped after iteration 2 of 5: criterion none"),
    ]);
    expect(bodies(directory, "metrics").at(-1)!.values).toEqual({ iterations: 2 });
  });
  it("fail an assert with its message and the value measured", async () => {
    const { directory } = await run(`
steps:
  - snapshot: {id: s, of: [identify]}
  - assert: {id: a, metric: s.identify.model, eq: OTHER, message: wrong model}`);
    expect(ending(directory)).toEqual(["failed", 'wrong model (s.identify.model is ASSAY SIM A, must be "OTHER")']);
  });
});

describe("steps side by side", () => {
  it("take a worker that a reset beside it ended as what the plan wants", async () => {
    const { driver, directory } = await run(
      "steps: [{parallel: [{ioworker: {id: io, size: 4KiB, time: 10s}}, {reset: {id: rst, after: 1ms}}]}]",
      { worker: () => ({ endless: true }) },
    );
    expect(driver.calls).toContain("reset");
    expect(ending(directory)).toEqual(["completed", null]);
    expect(bodies(directory, "identity").map((i) => i.moment)).toEqual(["open", "reset", "end"]);
  });
  it("do not take it so when nobody asked for a reset", async () => {
    const { directory } = await run("steps: [{ioworker: {id: io, size: 4KiB, time: 10s}}]", {
      worker: () => ({ result: { end: "terminated" } }),
    });
    expect(ending(directory)[0]).toBe("errored");
  });
  it("stop the others when one fails", async () => {
    const { directory } = await run(
      "steps: [{parallel: [{ioworker: {id: io, size: 4KiB, time: 10s}}, {reset: {id: rst, after: 1ms}}]}]",
      { worker: () => ({ endless: true }), before: (what) => what === "reset" && fail("ERR_READY") },
    );
    expect(outcomes(directory)).toContain("io[] skipped");
    expect(ending(directory)).toEqual(["failed", "ERR_READY: as scripted"]);
  });
  it("leave no worker running when another cannot be started", async () => {
    const { driver } = await run("steps: [{ioworker: {id: io, size: 4KiB, workers: 3, time: 10s}}]", {
      worker: () => ({ endless: true }),
      before: (what) => what === "worker-2" && fail("ERR_QPAIR"),
    });
    expect(driver.running.size).toBe(0);
  });
});

function fail(code: Parameters<typeof nvmeError>[0]): never {
  throw nvmeError(code);
}

describe("power", () => {
  const cycle = `
needs: {power: cut}
effects: [writes, destroys-data, power-cycles]
steps:
  - parallel:
      - ioworker: {id: io, size: 4KiB, read: 30%, until: power-lost}
      - power: {id: off, action: cut, after: {random: [1ms, 5ms]}}
  - power: {id: on, action: restore}`;

  it("is journalled as intent, effect and outcome with what the switch reads back", async () => {
    const { directory } = await run(cycle, { worker: () => ({ endless: true }) });
    expect(ending(directory)).toEqual(["completed", null]);
    const effects = journalOf(directory).flatMap(({ body }) =>
      body.type === "effect-intent" || body.type === "effect-outcome" ? [`${body.type} ${body.effect}`] : [],
    );
    expect(effects).toEqual([
      "effect-intent power-cut",
      "effect-outcome power-cut",
      "effect-intent power-restore",
      "effect-outcome power-restore",
    ]);
    expect(bodies(directory, "effect-outcome")[0]).toMatchObject({
      ok: true,
      detail: { power: "off" },
      witness: expect.any(String),
    });
    expect(bodies(directory, "exposure")[0]).toMatchObject({ powerCycles: 1 });
    expect(bodies(directory, "identity").map((i) => i.moment)).toContain("power-on");
  });
  it("comes back to a drive that a cancelled run left dark", async () => {
    const driver = new NullDriver({ worker: () => ({ endless: true }) });
    const directory = bench.order(plan(cycle.replace("- power: {id: on", "- wait: {for: 50m}\n  - power: {id: on")));
    driver.script.before = (what) => what === "power-off" && request(directory, "cancel");
    await runDirectory(directory, hostOf(driver));
    expect(driver.power).toBe("on");
    expect(ending(directory)[0]).toBe("cancelled");
    expect(driver.calls.filter((c) => c === "power-on")).toHaveLength(1);
  });
  it("that does not come back fails the run and is not switched again", async () => {
    const reopen = { ok: false, reason: "CSTS.RDY stayed 0", readyMs: 0, settled: 0 };
    const { driver, directory } = await run(cycle, { worker: () => ({ endless: true }), reopen });
    expect(ending(directory)).toEqual(["failed", "after power-on: CSTS.RDY stayed 0"]);
    expect(driver.calls.filter((c) => c === "power-on")).toHaveLength(1);
  });
});
