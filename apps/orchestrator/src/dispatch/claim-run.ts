/**
 * A host claims a run that is assigned to it: the run is bound once more to what is known of the drive now, and the
 * answer, the run order, is kept so that the same claim gets the same words again.
 */
import type { ParameterValues, PlanDocument } from "@assay/plans";
import { type RunOrder, WIRE_VERSION } from "@assay/protocol";
import type { Transaction } from "../platform/database";
import { Problem } from "../platform/problem";
import { endCampaignOf } from "../runs/end-campaign";
import { endLeases } from "../runs/leases";
import { addResolvedPlans } from "../runs/new-runs";
import { type PreparedRun, prepareRun } from "../runs/prepare-run";
import { documentOf, findDut } from "../runs/run-inputs";
import { moveRun, type RunState } from "../runs/run-transitions";

export type ClaimAnswer =
  | { kind: "order"; order: RunOrder; isNew: boolean }
  | { kind: "unknown" }
  | { kind: "forbidden" }
  /** Not now, and why. The run went back to the queue, or has its verdict. */
  | { kind: "refused"; reason: string };

interface RunRow extends Record<string, unknown> {
  state: RunState;
  epoch: number;
  hostId: string | null;
  dutId: string;
  seed: string;
  parameters: ParameterValues;
  planName: string;
  source: string;
  slotName: string;
  occupiedBy: string | null;
  intent: string;
  model: string;
  serial: string;
  nguid: string | null;
  eui64: string | null;
  clockOffsetMs: number | null;
  leased: boolean;
}

const LOCK_RUN = `
SELECT run.state, run.epoch, run.host_id AS "hostId", run.dut_id AS "dutId", run.seed, run.parameters,
       run.plan_name AS "planName", plan_revision.source, slot.name AS "slotName", dut.intent, dut.model, dut.serial,
       dut.nguid, dut.eui64, host.clock_offset_ms AS "clockOffsetMs", occupancy.dut_id AS "occupiedBy",
       EXISTS (SELECT 1 FROM lease WHERE lease.run_id = run.id AND lease.epoch = run.epoch AND lease.ended_at IS NULL) AS leased
  FROM run
  JOIN plan_revision ON plan_revision.id = run.plan_revision_id
  JOIN dut ON dut.id = run.dut_id
  LEFT JOIN slot ON slot.id = run.slot_id
  LEFT JOIN host ON host.id = run.host_id
  LEFT JOIN occupancy ON occupancy.slot_id = run.slot_id AND occupancy.to_at IS NULL
 WHERE run.id = $1
   FOR UPDATE OF run`;

export async function claimRun(
  transaction: Transaction,
  { runId, hostId, epoch, now }: { runId: string; hostId: string; epoch: number; now: Date },
): Promise<ClaimAnswer> {
  const [run] = await transaction.query<RunRow>(LOCK_RUN, [runId]);
  if (run === undefined) return { kind: "unknown" };
  if (run.hostId !== hostId) return { kind: "forbidden" };
  if (run.epoch !== epoch || !run.leased) {
    return {
      kind: "refused",
      reason: `run ${runId} is not leased to this host with epoch ${epoch} (it is ${run.state}, epoch ${run.epoch})`,
    };
  }
  if (run.state === "running") {
    const [kept] = await transaction.query<{ body: RunOrder } & Record<string, unknown>>(
      "SELECT body FROM run_order WHERE run_id = $1 AND epoch = $2",
      [runId, epoch],
    );
    return { kind: "order", order: kept!.body, isNew: false };
  }
  if (run.state !== "assigned") return { kind: "refused", reason: `run ${runId} is ${run.state}` };
  if (run.intent !== "available")
    return withdraw(transaction, runId, run, `DUT ${run.serial} is no longer available`, now);
  if (run.occupiedBy !== run.dutId)
    return withdraw(transaction, runId, run, `DUT ${run.serial} is no longer in slot ${run.slotName}`, now);
  const dut = await findDut(transaction, run.dutId);
  if (dut.facts === null) return withdraw(transaction, runId, run, dut.unknown!, now);
  const document = documentOr(run);
  if (typeof document === "string") return giveUp(transaction, runId, run, [document], now);
  const answer = prepareRun(document, { parameters: run.parameters, dut: dut.facts, sheet: dut.sheet });
  if ("reasons" in answer) return giveUp(transaction, runId, run, answer.reasons, now);
  const order = orderOf(runId, run, answer.prepared);
  await keepOrder(transaction, run, order, answer.prepared, dut, now);
  return { kind: "order", order, isNew: true };
}

/** The plan, or why it is none any more: the format has moved on since it was pushed. */
function documentOr({ source, planName }: RunRow): PlanDocument | string {
  try {
    return documentOf(source, planName);
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
}

function orderOf(runId: string, run: RunRow, prepared: PreparedRun): RunOrder {
  const { dutId, seed, epoch, planName, parameters, model, serial, nguid, eui64, slotName } = run;
  return {
    ...{ wireVersion: WIRE_VERSION, runId, epoch, budgetMs: prepared.budgetMs, slot: slotName, dutId, seed, planName },
    identity: { model, serial, nguid, eui64 },
    effects: prepared.plan.effects,
    resolvedHash: prepared.resolvedHash,
    parameters,
    plan: prepared.plan,
    spoolBytes: prepared.spoolBytes,
  };
}

async function keepOrder(
  transaction: Transaction,
  run: RunRow,
  order: RunOrder,
  prepared: PreparedRun,
  dut: { firmware: string | null; sheetHash: string | null },
  now: Date,
): Promise<void> {
  await addResolvedPlans(transaction, [{ prepared }]);
  await transaction.query("INSERT INTO run_order (run_id, epoch, body, created_at) VALUES ($1, $2, $3, $4)", [
    ...[order.runId, order.epoch, JSON.stringify(order), now],
  ]);
  const deadline = new Date(now.getTime() + order.budgetMs);
  await transaction.query(
    `UPDATE run SET state = $2, claimed_at = $3, deadline_at = $4, budget_ms = $5, spool_bytes = $6, resolved_hash = $7,
                    stimulus_hash = $8, firmware_intended = $9, data_sheet_hash = $10, resolved_parameters = $11,
                    clock_offset_ms = $12, build_intended_id = ${NAMED_BUILD}, contact = 'ok', last_event_at = NULL, waiting_reason = NULL
      WHERE id = $1`,
    [
      ...[
        order.runId,
        moveRun(run.state, "claim"),
        now,
        deadline,
        prepared.budgetMs,
        prepared.spoolBytes,
        order.resolvedHash,
      ],
      ...[prepared.stimulusHash, dut.firmware, dut.sheetHash, JSON.stringify(order.parameters), run.clockOffsetMs],
      run.model,
    ],
  );
  await transaction.query("UPDATE lease SET ends_at = $2 WHERE run_id = $1 AND ended_at IS NULL", [
    order.runId,
    deadline,
  ]);
}

/** The build that firmware revision $9 of model $13 names while nobody knows its hash. */
const NAMED_BUILD = "(SELECT id FROM build WHERE model = $13 AND revision = $9 AND sha256 = '')";

/** Back to the queue: nothing has touched the drive. */
async function withdraw(
  transaction: Transaction,
  runId: string,
  run: RunRow,
  reason: string,
  now: Date,
): Promise<ClaimAnswer> {
  await withdrawRun(transaction, runId, run.state, reason, now);
  return { kind: "refused", reason };
}

/** Ends the lease of a run that nobody claimed; its next lease has another epoch, so a late claim is refused. */
export async function withdrawRun(
  transaction: Transaction,
  runId: string,
  state: RunState,
  reason: string,
  now: Date,
): Promise<void> {
  await endLeases(transaction, runId, now, reason);
  await transaction.query(
    `UPDATE run SET state = $2, host_id = NULL, slot_id = NULL, assigned_at = NULL, contact = 'ok', waiting_reason = $3 WHERE id = $1`,
    [runId, moveRun(state, "withdraw"), reason],
  );
}

/** The plan no longer fits the drive as it is now: that is nobody's measurement. */
async function giveUp(
  transaction: Transaction,
  runId: string,
  run: RunRow,
  reasons: string[],
  now: Date,
): Promise<ClaimAnswer> {
  const reason = `the plan no longer fits the drive: ${reasons[0]}`;
  await endLeases(transaction, runId, now, reason);
  await transaction.query(
    `UPDATE run SET state = $2, verdict = 'errored', verdict_reason = $3, verdict_at = $4, waiting_reason = NULL WHERE id = $1`,
    [runId, moveRun(run.state, "conclude"), reason, now],
  );
  await transaction.query(
    "INSERT INTO attribution (run_id, at, cause, rule, evidence, confidence) VALUES ($1, $2, 'test', 'plan-does-not-fit', $3, 0.8)",
    [runId, now, JSON.stringify({ reasons })],
  );
  await endCampaignOf(transaction, runId, now);
  return { kind: "refused", reason };
}
