/** What the end of a step's ioworkers says about the drive. Pure. */
import type { IoWorkerResult } from "@assay/nvme-native";
import type { IoWorkerStep } from "@assay/plans";
import { statusText } from "./command-status";
import { errored, failed, OK, type StepResult } from "./scope";
import { suspect } from "./suspicion";

export type StatusCount = IoWorkerResult["errors"][number];

/** Completed by our side, sct 7h sc 80h: the command was older than its timeout. */
const TIMED_OUT = { sct: 7, sc: 0x80 };

/** The driver's mark for a read that came back well and wrong; miscompares have a count of their own. */
const MISCOMPARE = { sct: 7, sc: 0x81 };

/**
 * Error statuses that count: those that the plan does not ignore. A worker that was ended by a reset or power loss which the plan asked for has commands that
 * were aborted (00/07, 00/08), lost with the path (sct 3h) or settled by our side (sct 7h): the plan wanted that.
 */
export function countedErrors(result: IoWorkerResult, disruptive: boolean): StatusCount[] {
  const errors = result.errors.filter(
    (e) => e.action !== "ignore" && !(e.sct === MISCOMPARE.sct && e.sc === MISCOMPARE.sc),
  );
  if (!disruptive || result.end !== "terminated") return errors;
  return errors.filter((e) => e.sct !== 3 && e.sct !== 7 && !(e.sct === 0 && (e.sc === 7 || e.sc === 8)));
}

/** The same status of several workers or moments as one line each. */
export function mergeStatuses(statuses: StatusCount[]): StatusCount[] {
  const merged = new Map<string, StatusCount>();
  for (const status of statuses) {
    const key = `${status.opcode}/${status.sct}/${status.sc}`;
    const seen = merged.get(key);
    merged.set(key, {
      ...status,
      count: status.count + (seen?.count ?? 0),
      firstMs: Math.min(status.firstMs, seen?.firstMs ?? status.firstMs),
      lastMs: Math.max(status.lastMs, seen?.lastMs ?? status.lastMs),
    });
  }
  return [...merged.values()];
}

/**
 * Default rules, whatever the plan's criteria say: a miscompare, a command timeout, a worker stopped by an error, and
 * any error status under verification fail the step. A worker that ended although nobody asked is no measurement.
 */
export function judgeWorkers(
  step: Pick<IoWorkerStep, "verify" | "onError">,
  results: IoWorkerResult[],
  disruptive: boolean,
): StepResult {
  const miscompares = results.reduce((n, r) => n + r.miscompares, 0n);
  if (miscompares > 0n) return failed(`${miscompares} sectors read were not what they must be`, suspect("miscompare"));
  const statuses = mergeStatuses(results.flatMap((r) => countedErrors(r, disruptive)));
  const frozen = statuses.find((s) => s.action === "freeze");
  if (frozen)
    return failed(
      `the drive was frozen at status ${statusText(frozen)} on opcode ${opcode(frozen)}`,
      suspect("unexpected-status"),
    );
  const timeout = statuses.find((s) => s.sct === TIMED_OUT.sct && s.sc === TIMED_OUT.sc);
  if (timeout)
    return failed(`${timeout.count} commands of opcode ${opcode(timeout)} timed out`, suspect("command-timeout"));
  const worst = statuses[0];
  if (worst && (step.verify || step.onError === "stop" || results.some((r) => r.end === "error"))) {
    return failed(
      `status ${statusText(worst)} on opcode ${opcode(worst)}, ${worst.count} times`,
      suspect("unexpected-status"),
    );
  }
  if (!disruptive && results.some((r) => r.end === "terminated")) {
    return errored(
      "a worker was ended by a reset or power loss that the plan did not ask for",
      suspect("worker-terminated"),
    );
  }
  return OK;
}

const opcode = (status: StatusCount) => `${status.opcode.toString(16).padStart(2, "0")}h`;
