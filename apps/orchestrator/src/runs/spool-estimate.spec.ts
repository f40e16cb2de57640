import type { IoWorkerStep, ResolvedPlan } from "@assay/plans";
import { estimateSpoolBytes, MAX_SPOOL_BYTES } from "./spool-estimate";

const worker = (change: Partial<IoWorkerStep> = {}): IoWorkerStep => ({
  ...{
    id: "io",
    kind: "ioworker",
    nsid: 1,
    sizeBytes: 4096,
    randomPercent: 100,
    readPercent: 50,
    operations: null,
    sequence: null,
    depth: 8,
    workers: 1,
  },
  ...{
    regionOffsetBytes: 0,
    regionBytes: null,
    alignBytes: null,
    stepBytes: null,
    distribution: null,
    pattern: null,
    iops: null,
    timeMs: 60_000,
    ioCount: null,
    passes: null,
  },
  ...{ flushEvery: null, verify: true, until: null, onError: "stop", afterMs: null, sampleMs: 1000 },
  ...{ exclusive: false, skipUncorrectable: false, priority: null, polling: null, onStatus: [], freezeMs: null },
  ...change,
});
const plan = (steps: ResolvedPlan["steps"]): ResolvedPlan => ({
  ...{ name: "p", version: "1.0.0", effects: [], isolation: "slot", runTimeoutMs: 3_600_000, steps, finally: [] },
  needs: { power: null, lbaBytes: [], transports: [], minCapacityBytes: null },
  ...{ onFailure: { hold: true, capture: [] }, criteria: [] },
});

describe("the spool that a run may need", () => {
  it("grows with time, workers and rounds", () => {
    const base = estimateSpoolBytes(plan([worker()]));
    expect(estimateSpoolBytes(plan([worker({ timeMs: 600_000 })]))).toBeGreaterThan(base);
    expect(estimateSpoolBytes(plan([worker({ workers: 4 })]))).toBeGreaterThan(base);
    const rounds = plan([{ id: "r", kind: "repeat", times: 50, steps: [worker()] }]);
    expect(estimateSpoolBytes(rounds)).toBeGreaterThan(base);
  });
  it("counts a worker without a time limit over the whole budget", () => {
    expect(estimateSpoolBytes(plan([worker({ timeMs: null })]))).toBeGreaterThan(estimateSpoolBytes(plan([worker()])));
  });
  it("has an end", () => {
    const huge = plan([{ id: "r", kind: "repeat", times: 1_000_000_000, steps: [worker()] }]);
    expect(estimateSpoolBytes(huge)).toBe(MAX_SPOOL_BYTES);
  });
});
