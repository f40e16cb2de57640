/** Criterion results as rows, with their inputs, so that a new limit can be applied to old data. */
import type { CriterionResult, Observation } from "@assay/plans";
import type { Transaction } from "../platform/database";

/** So many inputs stand in the row; all are in telemetry.metric. */
const SHOWN_INPUTS = 8;
const ROWS_PER_STATEMENT = 5000;
/** The one that made the verdict. */
export const OWN_EVALUATION = 1;

export async function storeCriterionResults(
  transaction: Transaction,
  runId: string,
  results: readonly CriterionResult[],
  observations: readonly Observation[],
  evaluation = OWN_EVALUATION,
): Promise<void> {
  const byMetric = new Map<string, Observation[]>();
  for (const observation of observations) {
    const step = observation.path.slice(observation.path.lastIndexOf("/") + 1);
    const name = `${step}.${observation.metric}`;
    const its = byMetric.get(name);
    if (its === undefined) byMetric.set(name, [observation]);
    else its.push(observation);
  }
  for (let from = 0; from < results.length; from += ROWS_PER_STATEMENT) {
    const rows = results.slice(from, from + ROWS_PER_STATEMENT).map((result) => ({
      criterion_id: result.id,
      iteration: result.iteration,
      outcome: result.outcome,
      metric: result.metric,
      value: result.value,
      comparison: result.comparison,
      inputs: result.inputs,
      observations: inputsOf(result, byMetric.get(result.metric) ?? []),
      requirement: result.requirement,
      reason: result.reason,
      evaluator_version: result.evaluatorVersion,
    }));
    await transaction.query(
      `INSERT INTO criterion_result (run_id, evaluation, criterion_id, iteration, outcome, metric, value, comparison, inputs,
                                     observations, requirement, reason, evaluator_version)
       SELECT $1, $3, criterion_id, iteration, outcome, metric, value, comparison, inputs,
              observations, requirement, reason, evaluator_version
         FROM jsonb_to_recordset($2::jsonb)
           AS (criterion_id text, iteration integer, outcome criterion_outcome, metric text, value jsonb,
               comparison jsonb, inputs integer, observations jsonb, requirement text, reason text, evaluator_version integer)`,
      [runId, JSON.stringify(rows), evaluation],
    );
  }
}

/** The first inputs; of an iteration only where the observations say plainly that they belong to it. */
function inputsOf(result: CriterionResult, observations: readonly Observation[]) {
  const its =
    result.iteration === null
      ? observations
      : observations.filter(({ iteration }) => iteration.length === 1 && iteration[0] === result.iteration);
  return its.slice(0, SHOWN_INPUTS).map(({ value, iteration, labels }) => ({ value, iteration, labels }));
}
