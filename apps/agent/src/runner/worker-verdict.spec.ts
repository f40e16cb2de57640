import type { IoWorkerResult } from "@assay/nvme-native";
import { countedErrors, judgeWorkers, mergeStatuses, type StatusCount } from "./worker-verdict";

const status = (sct: number, sc: number, count = 1): StatusCount => ({
  opcode: 2,
  sct,
  sc,
  count,
  firstMs: 10,
  lastMs: 20,
});
const worker = (end: IoWorkerResult["end"], errors: StatusCount[] = [], miscompares = 0n) =>
  ({ end, errors, miscompares }) as unknown as IoWorkerResult;
const counting = { verify: false, onError: "count" } as const;

describe("error statuses of a worker", () => {
  it("that a reset or power cut of the plan brought about do not count", () => {
    const aborted = [status(0, 8), status(0, 7), status(3, 0x70), status(7, 0)];
    expect(countedErrors(worker("terminated", aborted), true)).toEqual([]);
    expect(countedErrors(worker("terminated", aborted), false)).toEqual(aborted);
    expect(countedErrors(worker("done", aborted), true)).toEqual(aborted);
  });
  it("of the media count also then", () => {
    expect(countedErrors(worker("terminated", [status(2, 0x81)]), true)).toHaveLength(1);
  });
  it("are merged with first and last time", () => {
    expect(
      mergeStatuses([status(2, 0x81, 2), { ...status(2, 0x81, 3), firstMs: 5, lastMs: 15 }, status(0, 2)]),
    ).toEqual([{ ...status(2, 0x81, 5), firstMs: 5, lastMs: 20 }, status(0, 2)]);
  });
});

describe("the verdict on a step's workers", () => {
  it("lets errors pass that the plan counts, but never a timeout or a miscompare", () => {
    expect(judgeWorkers(counting, [worker("done", [status(2, 0x81)])], false).outcome).toBe("ok");
    expect(judgeWorkers(counting, [worker("done", [status(7, 0x80)])], false)).toMatchObject({
      outcome: "failed",
      suspicion: { rule: "command-timeout" },
    });
    expect(judgeWorkers(counting, [worker("done", [], 1n)], false)).toMatchObject({
      outcome: "failed",
      suspicion: { rule: "miscompare" },
    });
  });
  it("fails any error status under verification", () => {
    expect(judgeWorkers({ ...counting, verify: true }, [worker("done", [status(0, 2)])], false).outcome).toBe("failed");
  });
  it("takes an end that nobody asked for as no measurement", () => {
    expect(judgeWorkers(counting, [worker("done"), worker("terminated")], false).outcome).toBe("errored");
    expect(judgeWorkers(counting, [worker("terminated")], true).outcome).toBe("ok");
  });
});
