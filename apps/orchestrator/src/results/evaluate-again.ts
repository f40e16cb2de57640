/**
 * Judges the stored results of a finished run by other limits: a new evaluation beside the verdict, which stays, as do the
 * drive's hold, its health and the attribution.
 */
import { changeLimits, EVALUATOR_VERSION, type LimitChange, type ResolvedPlan } from "@assay/plans";
import type { Transaction } from "../platform/database";
import { problem } from "../platform/problem";
import { OWN_EVALUATION, storeCriterionResults } from "./criterion-rows";
import { readEvidence } from "./evidence-reader";
import { judgeRun } from "./judge-run";
import type { Finished } from "./run-evidence";

/** More than this of one run is a loop of somebody's script. */
export const MAX_EVALUATIONS = 1000;

interface RunRow extends Record<string, unknown> {
  verdict: string | null;
  day: string;
  cancelledBy: string | null;
  cancelReason: string | null;
  plan: ResolvedPlan;
  newest: number;
}

const LOCK_RUN = `
SELECT run.verdict, to_char(COALESCE(run.claimed_at, run.submitted_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
       run.cancel_requested_by AS "cancelledBy", run.cancel_reason AS "cancelReason", resolved_plan.body AS plan,
       (SELECT COALESCE(max(number), $2) FROM evaluation WHERE run_id = run.id)::integer AS newest
  FROM run JOIN resolved_plan ON resolved_plan.hash = run.resolved_hash
 WHERE run.id = $1
   FOR UPDATE OF run`;

export interface EvaluationWish {
  limits: Record<string, LimitChange>;
  person: string;
  reason: string;
  now: Date;
}

/** Rules by which a runner suspects because of the plan's criteria, and of nothing else (apps/agent runner/suspicion.ts). */
const OF_CRITERIA = new Set(["criterion-broken", "criterion-without-data"]);

/** The runner's last word without what it said of the limits of before: it did all that the plan told it. Pure. */
export function withoutItsCriteria(finished: Finished | null): Finished | null {
  if (!OF_CRITERIA.has(finished?.attribution?.rule ?? "")) return finished;
  return { ...finished!, outcome: "completed", reason: null, attribution: null };
}

/** @returns its number. @throws Problem 404, 409 while the run has no verdict, 422 where a limit does not fit */
export async function evaluateAgain(
  transaction: Transaction,
  runId: string,
  { limits, person, reason, now }: EvaluationWish,
): Promise<number> {
  const [run] = await transaction.query<RunRow>(LOCK_RUN, [runId, OWN_EVALUATION]);
  if (run === undefined) throw problem("not-found", `there is no run ${runId}`);
  if (run.verdict === null)
    throw problem("conflict", `run ${runId} has no verdict yet: there is nothing to judge again`);
  if (run.newest >= MAX_EVALUATIONS)
    throw problem("conflict", `run ${runId} was judged ${run.newest} times: ${MAX_EVALUATIONS} is the most`);
  const answer = changeLimits(run.plan, limits);
  if ("problems" in answer)
    throw problem(
      "unprocessable",
      answer.problems[0]!,
      answer.problems.map((message) => ({ message })),
    );
  const plan = { ...run.plan, criteria: answer.criteria };
  const cancel = run.cancelledBy === null ? null : { by: run.cancelledBy, reason: run.cancelReason };
  const evidence = await readEvidence(transaction, { runId, day: run.day, plan, cancel });
  const { verdict, reason: verdictReason } = judgeRun({ ...evidence, finished: withoutItsCriteria(evidence.finished) });
  const number = run.newest + 1;
  await storeCriterionResults(transaction, runId, evidence.results, evidence.observations, number);
  const changed = answer.criteria.filter(({ id }) => Object.hasOwn(limits, id));
  await transaction.query(
    `INSERT INTO evaluation (run_id, number, at, person, reason, limits, verdict, verdict_reason, evaluator_version)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      ...[runId, number, now, person, reason],
      JSON.stringify(Object.fromEntries(changed.map(({ id, comparison }) => [id, comparison]))),
      ...[verdict, verdictReason, EVALUATOR_VERSION],
    ],
  );
  return number;
}
