/** Run rows are made here and nowhere else. */
import type { ParameterValues } from "@assay/plans";
import type { Transaction } from "../platform/database";
import type { PreparedRun } from "./prepare-run";

export interface NewRun {
  id: string;
  campaignId: string | null;
  ordinal: number;
  dutId: string;
  revision: { id: string; name: string; sourceHash: string };
  sheetHash: string | null;
  /** Firmware that the DUT was last seen with. */
  firmware: string | null;
  parameters: ParameterValues;
  prepared: PreparedRun;
  /** 64-bit, decimal. */
  seed: string;
  priority: number;
  submittedBy: string;
}

const RUNS_PER_STATEMENT = 1000;

/** Stores runs as `queued`, with their resolved plans and roles. */
export async function addRuns(transaction: Transaction, runs: readonly NewRun[], now: Date): Promise<void> {
  for (let from = 0; from < runs.length; from += RUNS_PER_STATEMENT) {
    const some = runs.slice(from, from + RUNS_PER_STATEMENT);
    await addResolvedPlans(transaction, some);
    const rows = some.map((run) => ({
      id: run.id,
      campaign_id: run.campaignId,
      ordinal: run.ordinal,
      dut_id: run.dutId,
      plan_revision_id: run.revision.id,
      plan_name: run.revision.name,
      priority: run.priority,
      parameters: run.parameters,
      seed: run.seed,
      source_hash: run.revision.sourceHash,
      resolved_hash: run.prepared.resolvedHash,
      stimulus_hash: run.prepared.stimulusHash,
      data_sheet_hash: run.sheetHash,
      budget_ms: run.prepared.budgetMs,
      spool_bytes: run.prepared.spoolBytes,
      submitted_by: run.submittedBy,
      firmware_intended: run.firmware,
    }));
    await transaction.query(INSERT_RUNS, [JSON.stringify(rows), now]);
    await transaction.query(
      "INSERT INTO run_role (run_id, role, dut_id) SELECT id, 'dut', dut_id FROM run WHERE id = ANY($1)",
      [some.map(({ id }) => id)],
    );
  }
}

const INSERT_RUNS = `
INSERT INTO run (id, campaign_id, ordinal, dut_id, plan_revision_id, plan_name, priority, parameters, seed, source_hash,
                 resolved_hash, stimulus_hash, data_sheet_hash, budget_ms, spool_bytes, submitted_by, submitted_at, firmware_intended)
SELECT id, campaign_id, ordinal, dut_id, plan_revision_id, plan_name, priority, parameters, seed, source_hash,
       resolved_hash, stimulus_hash, data_sheet_hash, budget_ms, spool_bytes, submitted_by, $2, firmware_intended
  FROM jsonb_to_recordset($1::jsonb)
    AS (id uuid, campaign_id uuid, ordinal integer, dut_id uuid, plan_revision_id uuid, plan_name text, priority integer,
        parameters jsonb, seed text, source_hash text, resolved_hash text, stimulus_hash text, data_sheet_hash text,
        budget_ms bigint, spool_bytes bigint, submitted_by text, firmware_intended text)`;

/** A resolved plan is stored once per content. */
export async function addResolvedPlans(
  transaction: Transaction,
  runs: readonly { prepared: PreparedRun }[],
): Promise<void> {
  const plans = new Map(runs.map(({ prepared }) => [prepared.resolvedHash, prepared]));
  const rows = [...plans.values()].map(({ resolvedHash, stimulusHash, plan }) => ({
    hash: resolvedHash,
    stimulus_hash: stimulusHash,
    body: plan,
  }));
  await transaction.query(
    `INSERT INTO resolved_plan (hash, stimulus_hash, body)
     SELECT hash, stimulus_hash, body FROM jsonb_to_recordset($1::jsonb) AS (hash text, stimulus_hash text, body jsonb)
      ORDER BY hash ON CONFLICT (hash) DO NOTHING`,
    [JSON.stringify(rows)],
  );
}

/**
 * A new run like the given one, which names the first of its line. It belongs to the same campaign, which goes on with
 * it; not to a cancelled one, which starts nothing more. @returns its id.
 */
export async function addRetry(transaction: Transaction, runId: string, now: Date, by = "assay"): Promise<string> {
  const [retry] = await transaction.query<{ id: string; campaignId: string | null }>(
    `INSERT INTO run (campaign_id, ordinal, dut_id, plan_revision_id, plan_name, priority, attempt, retry_of_id, parameters,
                      seed, source_hash, resolved_hash, stimulus_hash, data_sheet_hash, budget_ms, spool_bytes,
                      submitted_by, submitted_at, firmware_intended)
     SELECT (SELECT id FROM campaign WHERE campaign.id = run.campaign_id AND campaign.intent <> 'cancelled'),
            ordinal, dut_id, plan_revision_id, plan_name, priority,
            (SELECT max(attempt) + 1 FROM run line WHERE COALESCE(line.retry_of_id, line.id) = COALESCE(run.retry_of_id, run.id)),
            COALESCE(retry_of_id, id), parameters, seed, source_hash, resolved_hash, stimulus_hash, data_sheet_hash,
            budget_ms, spool_bytes, $3, $2, firmware_intended
       FROM run WHERE id = $1
     RETURNING id, campaign_id AS "campaignId"`,
    [runId, now, by],
  );
  await transaction.query("UPDATE campaign SET ended_at = NULL WHERE id = $1 AND ended_at IS NOT NULL", [
    retry!.campaignId,
  ]);
  await transaction.query(
    "INSERT INTO run_role (run_id, role, dut_id) SELECT $1, role, dut_id FROM run_role WHERE run_id = $2",
    [retry!.id, runId],
  );
  return retry!.id;
}
