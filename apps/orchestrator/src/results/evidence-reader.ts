/** Reads from the stored rows what a run's verdict is made from. */
import {
  type Criterion,
  type CriterionResult,
  evaluateCriteria,
  evaluationContext,
  type Observation,
  type ResolvedPlan,
} from "@assay/plans";
import type { Queryable } from "../platform/database";
import { unbelieved } from "./quarantined-words";
import type { Ended, Finished, Frozen, QuarantinedWord, Refused, RunEvidence } from "./run-evidence";

/** More observations than this are no evidence that a person could check; the criteria would judge a part. */
export const MAX_OBSERVATIONS = 2_000_000;

interface Whose {
  runId: string;
  /** UTC date of the claim, `YYYY-MM-DD`: where the run's telemetry lies. */
  day: string;
  plan: ResolvedPlan;
  cancel: RunEvidence["cancel"];
}

export async function readEvidence(
  database: Queryable,
  { runId, day, plan, cancel }: Whose,
): Promise<RunEvidence & { observations: Observation[] }> {
  const observations = await readObservations(database, runId, day, plan.criteria);
  const quarantined = await readQuarantined(database, runId, day);
  const evaluated = evaluateCriteria(plan.criteria, observations, evaluationContext(plan));
  const results = unbelieved(judgedWhole(evaluated, observations.length), quarantined);
  const words = await readWords(database, runId, day);
  return {
    ...{ plan, cancel, observations, results, quarantined, ...words },
    miscompares: await readMiscompares(database, runId),
    statuses: await readStatuses(database, runId, day),
  };
}

/** Pure: what was judged by a part of the data is no measurement, whatever that part says. */
export function judgedWhole(results: CriterionResult[], observations: number): CriterionResult[] {
  if (observations <= MAX_OBSERVATIONS) return results;
  const reason = `more than ${MAX_OBSERVATIONS} observations: only a part of them could be judged`;
  return results.map((result) => ({ ...result, outcome: "errored", value: null, reason }));
}

interface MetricRow extends Record<string, unknown> {
  path: string;
  iteration: number[];
  metric: string;
  value: number | null;
  flag: boolean | null;
  text: string | null;
  labels: Observation["labels"] | null;
}

/** Only what the criteria name: `<step>.<metric>`, or with `delta` the metric inside a snapshot. */
async function readObservations(database: Queryable, runId: string, day: string, criteria: readonly Criterion[]) {
  const names = new Set(
    criteria.flatMap(({ metrics }) => metrics.flatMap((name) => [name, name.slice(name.indexOf(".") + 1)])),
  );
  const rows = await database.query<MetricRow>(
    `SELECT step_path AS path, iteration, metric, value, flag, text, labels
       FROM telemetry.metric WHERE day = $1 AND run_id = $2 AND metric = ANY($3) ORDER BY seq LIMIT $4`,
    [day, runId, [...names], MAX_OBSERVATIONS + 1],
  );
  return rows.map(
    ({ path, iteration, metric, value, flag, text, labels }): Observation => ({
      ...{ path, iteration, metric, value: (value ?? flag ?? text)!, labels: labels ?? {} },
    }),
  );
}

async function readWords(database: Queryable, runId: string, day: string) {
  const rows = await database.query<{ body: Finished | Ended | Refused | Frozen } & Record<string, unknown>>(
    `SELECT body FROM telemetry.run_event
      WHERE day = $1 AND run_id = $2 AND type IN ('finished', 'ended', 'refused', 'frozen') ORDER BY seq`,
    [day, runId],
  );
  const last = <T extends string>(type: T) =>
    rows.map(({ body }) => body).findLast((body) => body.type === type) ?? null;
  return {
    finished: last("finished") as Finished | null,
    ended: last("ended") as Ended | null,
    refused: last("refused") as Refused | null,
    frozen: last("frozen") as Frozen | null,
  };
}

async function readQuarantined(database: Queryable, runId: string, day: string): Promise<QuarantinedWord[]> {
  return database.query<QuarantinedWord & Record<string, unknown>>(
    "SELECT seq, type, reason, metrics FROM telemetry.quarantined_event WHERE day = $1 AND run_id = $2 ORDER BY seq",
    [day, runId],
  );
}

async function readMiscompares(database: Queryable, runId: string): Promise<RunEvidence["miscompares"]> {
  const [row] = await database.query<{ count: number; lba: string; kind: string; nsid: number }>(
    `SELECT (SELECT count(*)::integer FROM miscompare WHERE run_id = $1) AS count, lba::text, kind, nsid
       FROM miscompare WHERE run_id = $1 ORDER BY seq LIMIT 1`,
    [runId],
  );
  if (row === undefined) return { count: 0, first: null };
  return { count: row.count, first: `LBA ${row.lba} of namespace ${row.nsid}: ${row.kind}` };
}

async function readStatuses(database: Queryable, runId: string, day: string): Promise<RunEvidence["statuses"]> {
  const rows = await database.query<{ opcode: number; sct: number; sc: number; count: bigint }>(
    "SELECT opcode, sct, sc, count FROM telemetry.status WHERE day = $1 AND run_id = $2 ORDER BY seq LIMIT 10000",
    [day, runId],
  );
  const [first] = rows;
  const hex = (n: number) => n.toString(16).padStart(2, "0");
  return {
    count: Number(rows.reduce((sum, { count }) => sum + count, 0n)),
    first: first === undefined ? null : `opcode ${hex(first.opcode)} came back with ${hex(first.sct)}/${hex(first.sc)}`,
  };
}
