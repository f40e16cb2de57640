import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DutFacts } from "../model";
import { parsePlan } from "../parse/parse";
import { stepPlaces } from "../places";
import { parseSheet } from "../sheet/sheet";
import { checkResolvedPlan } from "./check-resolved";
import { unmetNeeds } from "./needs";
import { type ResolveContext, resolvePlan } from "./resolve";

const simA: DutFacts = {
  model: "ASSAY SIM A",
  serial: "SIM0001",
  firmware: "1.0",
  capacityBytes: 32 * 2 ** 20,
  lbaBytes: 512,
  lbaFormatsBytes: [512, 4096],
  transport: "model",
  powerCut: true,
};
const simB: DutFacts = {
  ...simA,
  model: "ASSAY SIM B",
  capacityBytes: 64 * 2 ** 20,
  lbaBytes: 4096,
  lbaFormatsBytes: [4096],
};
const large: DutFacts = { ...simA, capacityBytes: 7_681_501_126_656, transport: "spdk-pcie" };

function planWith(steps: string, more = "") {
  const source = `apiVersion: assay/v1
kind: Plan
metadata: {name: a-plan, version: 1.0.0}
spec:
  effects: [destroys-data, power-cycles]
  ${more}
  steps:
    ${steps.split("\n").join("\n    ")}
    - admin: {opcode: 0x06, cdw10: 1, data: 4KiB}
`;
  const result = parsePlan(source);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems, null, 1));
  return { source, plan: result.plan };
}

function resolve(steps: string, context: Partial<ResolveContext> = {}, more = "") {
  const { plan, source } = planWith(steps, more);
  return resolvePlan(plan, { parameters: {}, dut: simA, sheet: {}, source, ...context });
}

function resolvedSteps(...parameters: Parameters<typeof resolve>) {
  const result = resolve(...parameters);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems, null, 1));
  return result.resolved.steps;
}

function problems(...parameters: Parameters<typeof resolve>): string[] {
  const result = resolve(...parameters);
  return "problems" in result ? result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`) : [];
}

function fromCatalog(path: string): string {
  return readFileSync(join(__dirname, "../../catalog", path), "utf8");
}

describe("resolvePlan", () => {
  it("writes out every default", () => {
    expect(resolvedSteps("- ioworker: {size: 4KiB, time: 1s}")[0]).toEqual({
      kind: "ioworker",
      id: "ioworker-1",
      nsid: 1,
      sizeBytes: 4096,
      randomPercent: 100,
      readPercent: 100,
      operations: null,
      sequence: null,
      depth: 1,
      workers: 1,
      regionOffsetBytes: 0,
      regionBytes: null,
      alignBytes: null,
      stepBytes: null,
      distribution: null,
      pattern: null,
      iops: null,
      timeMs: 1000,
      ioCount: null,
      passes: null,
      flushEvery: null,
      verify: false,
      exclusive: false,
      skipUncorrectable: false,
      priority: null,
      polling: null,
      until: null,
      onError: "stop",
      onStatus: [],
      freezeMs: null,
      afterMs: null,
      sampleMs: 1000,
    });
  });

  it("spreads a distribution over a hundred parts of the region, and keeps every share", () => {
    const zones = "[{region: 5%, share: 50%}, {region: 15%, share: 30%}, {region: 80%, share: 20%}]";
    const [step] = resolvedSteps(`- ioworker: {size: 4KiB, time: 1s, distribution: ${zones}}`);
    const { distribution } = step as { distribution: number[] };
    expect(distribution).toEqual([...Array(5).fill(1000), ...Array(15).fill(200), ...Array(80).fill(25)]);
    const [odd] = resolvedSteps(
      "- ioworker: {size: 4KiB, time: 1s, distribution: [{region: 3%, share: 50%}, {region: 97%, share: 50%}]}",
    );
    expect((odd as { distribution: number[] }).distribution.slice(0, 4)).toEqual([1667, 1667, 1666, 52]);
  });

  it("refuses a replay that leaves the DUT, and a step that is no whole LBAs, where it stands", () => {
    const sequence =
      "[{at: 0ms, operation: write, lba: 0, count: 8}, {at: 0.25ms, operation: read, lba: 65535, count: 8}]";
    expect(problems(`- ioworker: {sequence: ${sequence}}`)).toEqual([
      "8:111 LBA 65535 +8 lies beyond the DUT, which has 65536 LBAs",
    ]);
    expect(problems("- ioworker: {size: 4KiB, random: 0%, step: -100B, time: 1s}")).toEqual([
      "8:48 step -100B is not a multiple of the LBA size, 512B",
    ]);
    const [step] = resolvedSteps(`- ioworker: {sequence: ${sequence.replace("65535", "64")}}`);
    expect(step).toMatchObject({ sizeBytes: null, sequence: [{ atUs: 0 }, { atUs: 250, lba: 64, lbaCount: 8 }] });
  });

  it("refuses steps of one command whose keys do not go together, each where it stands", () => {
    expect(problems("- io: {operation: copy}")).toEqual(["8:11 a `copy` needs `to`, the first LBA that it writes"]);
    expect(problems("- io: {operation: read, to: 8}")).toEqual(["8:33 `to` is for a `copy`, not for read"]);
    expect(problems("- namespace: {action: delete}")).toEqual(["8:18 `delete` needs `nsid`"]);
    expect(problems("- namespace: {action: create, nsid: 3}")).toEqual([
      "8:41 the drive chooses the `nsid` that it creates",
    ]);
    expect(problems("- format: {protection: 1}")).toEqual([
      "8:28 protection information needs `metadata` of 8B or more",
    ]);
  });

  it("names steps by kind and ordinal, past ids that authors took", () => {
    const steps = resolvedSteps(
      "- wait: {for: 1s}\n- wait: {id: wait-2, for: 1s}\n- repeat: {times: 2, steps: [{wait: {for: 1s}}]}",
    );
    expect(stepPlaces({ steps, finally: [] }).map(({ path }) => path)).toEqual([
      "wait-1",
      "wait-2",
      "repeat-1",
      "repeat-1/wait-3",
      "admin-1",
    ]);
  });

  it("binds parameters, DUT facts and the data sheet", () => {
    const more =
      "parameters: {pause: {type: duration, default: 5s}, region: {type: size, default: 1MiB}}\n  needs: {power: cut}";
    const steps =
      "- ioworker: {size: 4KiB, time: 1s, region: $region}\n- ioworker: {size: 4KiB, time: 1s, region: $dut.capacityBytes}\n- wait: {for: {random: [10ms, $pause]}}\n- power: {action: cycle, readyWithin: $sheet.readyTime}";
    expect(resolvedSteps(steps, { parameters: { pause: "7s" }, sheet: { readyTime: 1500 } }, more)).toEqual([
      expect.objectContaining({ regionBytes: 2 ** 20 }),
      expect.objectContaining({ regionBytes: simA.capacityBytes }),
      expect.objectContaining({ forMs: { random: { from: 10, to: 7000 } } }),
      expect.objectContaining({ readyWithinMs: 1500, offMs: 1000 }),
      expect.objectContaining({ kind: "admin", direction: "from-device", expect: { sct: 0, sc: 0 } }),
    ]);
  });

  it("names both sizes where a region is larger than the DUT, at its place", () => {
    expect(problems("- ioworker: {size: 4KiB, time: 1s, region: 128GB}")).toEqual([
      "8:48 region 128GB is larger than the DUT, which has 32MiB; `region: all` takes what there is",
    ]);
    expect(problems("- ioworker: {size: 4KiB, time: 1s, region: 128GB}", { dut: large })).toEqual([]);
    expect(problems("- ioworker: {size: 4KiB, time: 1s, region: all}")).toEqual([]);
    expect(problems("- verify: {offset: 16MiB, region: 17MiB}")).toEqual([
      expect.stringContaining("region 17MiB from 16MiB is larger than the DUT, which has 32MiB"),
    ]);
  });

  it("takes shares of the capacity, in whole LBAs of every format", () => {
    expect(resolvedSteps("- ioworker: {size: 4KiB, time: 1s, region: 33.3%}")[0]).toMatchObject({
      regionBytes: Math.floor((simA.capacityBytes * 0.333) / 65536) * 65536,
    });
    expect(problems("- ioworker: {size: 4KiB, time: 1s, region: 0.1%}")).toEqual([
      expect.stringContaining("0.1% of 32MiB is less than 64KiB"),
    ]);
  });

  it("refuses sizes that are no whole LBAs of the DUT, also after a format changed them", () => {
    expect(problems("- ioworker: {size: 512B, time: 1s}")).toEqual([]);
    expect(problems("- ioworker: {size: 512B, time: 1s}", { dut: simB })).toEqual([
      "8:24 size 512B is not a multiple of the LBA size, 4KiB",
    ]);
    expect(problems("- format: {lba: 4KiB}\n- ioworker: {size: {512B: 1, 4KiB: 2}, time: 1s}")).toEqual([
      expect.stringMatching(/^9:.*size 512B is not a multiple/),
    ]);
    expect(problems("- format: {lba: 512B}", { dut: simB })).toEqual([
      expect.stringContaining("the DUT has no LBA format of 512 bytes; it has 4096"),
    ]);
  });

  it("holds bound values to the limits of their place", () => {
    const more = "parameters: {depth: {type: integer, default: 1}, rest: {type: duration, default: 1s}}";
    const steps = "- ioworker: {size: 4KiB, time: 1s, depth: $depth}\n- wait: {for: $rest}";
    expect(problems(steps, { parameters: { depth: 0 } }, more)).toEqual([
      expect.stringMatching(/^8:47 `\$depth`: 0 is out of range: 1 to 65535/),
    ]);
    expect(problems(steps, { parameters: { depth: "32", rest: "0.5ms" } }, more)).toEqual([
      expect.stringContaining("`$rest`: 500us is not whole"),
    ]);
  });

  it("reports every wrong, missing and unknown parameter at once", () => {
    const more =
      "parameters: {pause: {type: duration}, rest: {type: duration, default: 1s, max: 5s}, load: {type: percent, default: 5%}}";
    const steps = "- wait: {for: $pause}\n- wait: {for: $rest}\n- ioworker: {size: 4KiB, time: 1s, read: $load}";
    expect(problems(steps, { parameters: { rest: "6s", load: 5, speed: 1 } }, more)).toEqual([
      expect.stringContaining("the plan has no parameter `speed`; it has: pause, rest, load"),
      expect.stringContaining("parameter `pause` has no default and no value was given: a duration"),
      expect.stringContaining("parameter `rest`: 6s is more than 5s"),
      expect.stringContaining("parameter `load`: 5 has no unit"),
    ]);
  });

  it("says which entry the data sheet lacks", () => {
    expect(problems("- reset: {readyWithin: $sheet.resetReadyTime}")).toEqual([
      expect.stringContaining("the data sheet of ASSAY SIM A has no `resetReadyTime`"),
    ]);
  });

  it("refuses steps that take longer than the run may", () => {
    const steps = "- repeat: {times: 100, steps: [{wait: {for: 1m}}]}";
    expect(problems(steps)).toEqual([
      expect.stringContaining("the steps take at least 100m, and the run is over after 1h"),
    ]);
    expect(problems(steps, {}, "timeouts: {run: 2h}")).toEqual([]);
  });

  it("refuses more iterations than can be judged", () => {
    const steps =
      "- repeat: {times: 1001, steps: [{repeat: {times: 1000, steps: [{snapshot: {id: s, of: [smart]}}]}}]}";
    expect(problems(steps)).toEqual([expect.stringContaining("`s` would run 1001000 times: at most 1000000")]);
  });

  it("takes data directions of raw commands from the opcode, and wants data and direction together", () => {
    expect(problems("- admin: {opcode: 0x18, data: 4KiB}")).toEqual([
      expect.stringContaining("moves no data by its two lowest bits"),
    ]);
    expect(problems("- admin: {opcode: 0x06, data: 3B}")).toEqual([expect.stringContaining("not a multiple of 4")]);
    expect(problems("- admin: {opcode: 0x06, direction: from-device}")).toEqual([
      expect.stringContaining("needs `data`"),
    ]);
    expect(resolvedSteps('- admin: {opcode: "0x06", data: 4KiB, expect: "01/0b"}')[0]).toMatchObject({
      opcode: 6,
      direction: "from-device",
      expect: { sct: 1, sc: 11 },
    });
  });
});

describe("the catalogue", () => {
  const plans = [
    "basic/smoke",
    "data/verify-soak",
    "performance/random-read",
    "resets/reset-under-io",
    "power/dirty-power-cycle",
    "basic/housekeeping",
    "debug/freeze-on-error",
    "endurance/jesd219-enterprise",
    "firmware/firmware-update",
    "zones/zone-life",
  ];
  /** Of plans with parameters that have no default. */
  const GIVEN: Record<string, Record<string, string>> = {
    "firmware/firmware-update": { image: "new.bin", revision: "2.0" },
  };
  const cases = plans.flatMap((plan) => [simA, simB, large].map((dut) => [plan, dut.model, dut] as const));

  it.each(cases)("%s resolves for %s and passes the runner's gate", (path, model, dut) => {
    const sheet = parseSheet(fromCatalog(`sheets/${model.toLowerCase().replaceAll(" ", "-")}.sheet.yaml`));
    const plan = parsePlan(fromCatalog(`${path}.plan.yaml`));
    if ("problems" in sheet || "problems" in plan) throw new Error("the catalogue is broken");
    const unmet = unmetNeeds(plan.plan, dut);
    if (unmet.length > 0)
      return expect([path, model, unmet]).toEqual([
        "endurance/jesd219-enterprise",
        simB.model,
        [expect.stringMatching(/LBA size of 512B/)],
      ]);
    const result = resolvePlan(plan.plan, { parameters: GIVEN[path] ?? {}, dut, sheet: sheet.sheet.entries });
    expect("problems" in result ? result.problems : []).toEqual([]);
    expect("resolved" in result && checkResolvedPlan(JSON.parse(JSON.stringify(result.resolved)))).toBeNull();
  });

  it("names each plan after its file and begins with a page for its reader", () => {
    for (const path of plans) {
      const source = fromCatalog(`${path}.plan.yaml`);
      expect(source).toMatch(
        /^# [a-z0-9-]+: [\s\S]*# Purpose[\s\S]*# Preconditions[\s\S]*# Steps[\s\S]*# Pass rules[\s\S]*# Side effects[\s\S]*# Duration[\s\S]*# Needs/,
      );
      const plan = parsePlan(source);
      expect("plan" in plan && plan.plan.metadata.name).toBe(path.split("/")[1]);
    }
  });
});

describe("checkResolvedPlan", () => {
  it("says where an order's plan is wrong", () => {
    const result = resolve("- repeat: {times: 2, steps: [{wait: {for: 1s}}]}");
    if ("problems" in result) throw new Error("sound plan");
    const broken = JSON.parse(JSON.stringify(result.resolved));
    broken.steps[0].steps[0].forMs = -1;
    expect(checkResolvedPlan(broken)).toMatch(/steps\[0\]\.steps\[0\]\.forMs/);
    broken.steps[0].steps[0] = { kind: "purge", id: "x" };
    expect(checkResolvedPlan(broken)).toMatch(/unknown step kind "purge"/);
    expect(checkResolvedPlan(null)).toMatch(/not one that this version can run/);
  });
});

describe("unmetNeeds", () => {
  const { plan } = planWith(
    "- wait: {for: 1s}",
    "needs: {power: cut, lbaSizes: [512B, 4KiB], transports: [model], capacity: 1GiB}",
  );
  it("gives each reason in words", () => {
    expect(unmetNeeds(plan, { ...simB, powerCut: false, transport: "spdk-tcp" })).toEqual([
      "the plan cuts power, and the slot has no power driver that can",
      "the plan needs an LBA size of 512B, the DUT offers 4KiB",
      "the plan runs over model, the DUT is reached over spdk-tcp",
      "the plan needs a capacity of 1GiB, the DUT has 64MiB",
    ]);
  });

  it("gives none where all is met", () => {
    expect(unmetNeeds(plan, { ...simA, capacityBytes: 2 ** 30 })).toEqual([]);
  });
});
