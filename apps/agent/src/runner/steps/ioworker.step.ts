/** Workers side by side: started here, run by native threads, their samples journalled, their ends judged. */

import type { IoWorker, IoWorkerEvent, IoWorkerOptions, IoWorkerResult } from "@assay/nvme-native";
import { stepEffect } from "@assay/plans";
import type { ConfirmedNamespace } from "../confirmed-drive";
import { findings } from "../findings";
import { Interruption } from "../interruption";
import { placeOf } from "../place";
import { type StepExecutor, type StepOf, type StepScope } from "../scope";
import { workerMetrics } from "../worker-metrics";
import { workerOptions } from "../worker-options";
import { WorkerRecord } from "../worker-record";
import { countedErrors, judgeWorkers, mergeStatuses } from "../worker-verdict";

/** How long workers may take to notice that the power is gone before they are stopped. */
export const POWER_LOST_GRACE_MS = 30_000;
/** What counts also where a worker was interrupted. */
const FINDINGS = ["errors", "miscompares"] as const;

export const ioworkerStep: StepExecutor<"ioworker"> = async (step, scope) => {
  const { drive, journal, observations, exposure } = scope.run;
  const effect = stepEffect(step);
  if (effect) await drive.beforeEffect(effect);
  const namespace = await drive.namespace(step.nsid);
  const record = new WorkerRecord((body) => journal.append(body), placeOf(scope, step.id));
  const options = workerOptions(step, namespace.identity, scope);
  const freeze = (at: Frozen, worker: number) => keepFrozen(step, scope, at, worker);
  const started = () => scope.parallel?.start.began(step.id);
  const results = await runWorkers(namespace, options, scope, { record, freeze, started });
  record.flush();

  const disruptive = scope.parallel?.disruptive ?? false;
  for (const r of results) exposure.moved(r.readBytes, r.writtenBytes);
  const counted = results.map((r) => countedErrors(r, disruptive));
  for (const status of mergeStatuses(counted.flat()))
    journal.append({ type: "status", ...placeOf(scope, step.id), ...status });
  const errorsOf = (statuses: (typeof counted)[number]) => statuses.reduce((n, s) => n + s.count, 0);
  const half = results.some((r) => r.end === "stopped" || r.end === "deadline" || r.end === "frozen");
  const emit = (of: IoWorkerResult[], errors: number, labels = {}) => {
    const metrics = workerMetrics(of, errors);
    observations.emit(scope, step, half ? findings(metrics, FINDINGS) : metrics, labels);
  };
  emit(results, errorsOf(counted.flat()));
  if (results.length > 1)
    results.forEach((r, worker) => {
      emit([r], errorsOf(counted[worker]!), { worker });
    });
  if (record.unlisted > 0) journal.log("warn", `${record.unlisted} more miscompares of ${step.id} are not listed`);

  const verdict = judgeWorkers(step, results, disruptive);
  // A finding of the drive is kept also where somebody asked to stop at the same moment.
  if (verdict.outcome === "failed") return verdict;
  scope.signal.throwIfAborted();
  if (results.some((r) => r.end === "deadline")) throw new Interruption("deadline", "the time budget is used up");
  return verdict;
};

type Frozen = Extract<IoWorkerEvent, { type: "frozen" }>;

/** The steps beside are over: what they would still send could change what somebody wants to look at. */
async function keepFrozen(step: StepOf<"ioworker">, scope: StepScope, frozen: Frozen, worker: number): Promise<void> {
  const { type: _, ...command } = frozen;
  scope.parallel?.stopBeside(`stopped: ${step.id} beside it has frozen the drive`);
  const at = { ...command, place: placeOf(scope, step.id), worker, nsid: step.nsid };
  // Resolved plans have a time wherever something freezes.
  await scope.run.standstill.keep(at, step.freezeMs as number);
}

interface Followers {
  record: WorkerRecord;
  /** Settles when the drive may be let go. */
  freeze(at: Frozen, worker: number): Promise<void>;
  started(): void;
}

/** Starts all, waits for all. Whatever happens, none is left running. */
async function runWorkers(
  namespace: ConfirmedNamespace,
  options: IoWorkerOptions[],
  scope: StepScope,
  followers: Followers,
): Promise<IoWorkerResult[]> {
  const workers: IoWorker[] = [];
  const stopAll = () => {
    for (const worker of workers) worker.stop();
  };
  const powerLost = scope.parallel?.powerLost.signal;
  let grace: NodeJS.Timeout | undefined;
  const startGrace = () => {
    grace = setTimeout(stopAll, POWER_LOST_GRACE_MS);
  };
  scope.signal.addEventListener("abort", stopAll);
  powerLost?.addEventListener("abort", startGrace);
  const ends: Promise<IoWorkerResult>[] = [];
  try {
    for (const each of options) {
      scope.signal.throwIfAborted();
      const { worker } = await namespace.startIoWorker(each);
      workers.push(worker);
      ends.push(follow(worker, each.worker ?? worker.worker, followers, stopAll));
      // What was asked while this one waited for its start reaches it as well.
      if (scope.signal.aborted) stopAll();
      if (powerLost?.aborted && grace === undefined) startGrace();
    }
    followers.started();
    return await Promise.all(ends);
  } finally {
    stopAll();
    await Promise.allSettled(ends);
    clearTimeout(grace);
    scope.signal.removeEventListener("abort", stopAll);
    powerLost?.removeEventListener("abort", startGrace);
  }
}

async function follow(
  worker: IoWorker,
  number: number,
  { record, freeze }: Followers,
  stopAll: () => void,
): Promise<IoWorkerResult> {
  for await (const event of worker) {
    if (event.type !== "frozen") {
      record.take(number, event);
      continue;
    }
    // They stop once the drive is let go: this run has its finding.
    stopAll();
    record.standStill();
    try {
      await freeze(event, number);
    } finally {
      worker.release();
    }
  }
  return worker.result;
}
