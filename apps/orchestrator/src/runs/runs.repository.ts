import { Injectable } from "@nestjs/common";
import { Database } from "../platform/database";
import { problem } from "../platform/problem";
import { type Row, type RunDetailView, type RunView, toAttribution, toMiscompare, toRunView } from "./run-view";
import { NEEDS_PERSON, WAITING_REASON } from "./waiting-reason";

export interface RunFilter {
  campaign?: string;
  dut?: string;
  state?: string;
  verdict?: string;
  plan?: string;
  host?: string;
}

/** Miscompares and criterion results in the detail of a run; the rest has routes of its own. */
const SHOWN_MISCOMPARES = 50;
const SHOWN_CRITERIA = 2000;
const SHOWN_QUARANTINED = 20;

const RUN = `
SELECT run.id, run.campaign_id AS "campaignId", run.plan_name AS plan, run.state, run.contact, run.verdict,
       run.verdict_reason AS reason, ${WAITING_REASON} AS "waitingReason",
       ${NEEDS_PERSON} AS "needsPerson", run.attempt, run.retry_of_id AS "retryOfId",
       run.ordinal, run.priority, run.parked, run.epoch, host.name AS host, slot.name AS slot,
       run.submitted_at AS "submittedAt", run.submitted_by AS "submittedBy", run.assigned_at AS "assignedAt",
       run.claimed_at AS "claimedAt", run.started_at AS "startedAt", run.finished_at AS "finishedAt",
       run.ended_at AS "endedAt", run.verdict_at AS "verdictAt", run.deadline_at AS "deadlineAt",
       run.last_event_at AS "lastEventAt", run.cancel_requested_at AS "cancelRequestedAt", run.next_seq AS "nextSeq",
       run.frozen, run.frozen_at AS "frozenAt", run.released_at AS "releasedAt",
       run.release_requested_at AS "releaseRequestedAt", run.release_requested_by AS "releaseRequestedBy",
       run.release_reason AS "releaseReason",
       dut.id AS "dutId", dut.serial, dut.model, newest.attribution
  FROM run
  JOIN dut ON dut.id = run.dut_id
  LEFT JOIN host ON host.id = run.host_id
  LEFT JOIN slot ON slot.id = run.slot_id
  LEFT JOIN LATERAL (
    SELECT jsonb_build_object('cause', cause, 'rule', rule, 'person', person, 'confidence', confidence, 'at', at) AS attribution
      FROM attribution WHERE run_id = run.id ORDER BY attribution.id DESC LIMIT 1
  ) newest ON true`;

@Injectable()
export class RunsRepository {
  constructor(private readonly database: Database) {}

  /** Newest first, one more than `limit`, after the key of the page before. */
  list(filter: RunFilter, after: readonly [string, string] | null, limit: number): Promise<Row[]> {
    return this.database.query<Row>(
      `${RUN}
       WHERE ($1::uuid IS NULL OR run.campaign_id = $1) AND ($2::text IS NULL OR dut.serial = $2 OR dut.id::text = $2)
         AND ($3::run_state IS NULL OR run.state = $3) AND ($4::verdict IS NULL OR run.verdict = $4)
         AND ($5::text IS NULL OR run.plan_name = $5) AND ($6::text IS NULL OR host.name = $6 OR host.id::text = $6)
         AND ($7::timestamptz IS NULL OR (run.submitted_at, run.id) < ($7, $8::uuid))
       ORDER BY run.submitted_at DESC, run.id DESC LIMIT $9`,
      [
        ...[filter.campaign, filter.dut, filter.state, filter.verdict, filter.plan, filter.host].map(
          (it) => it ?? null,
        ),
        ...[after?.[0] ?? null, after?.[1] ?? null, limit + 1],
      ],
    );
  }

  /** @throws Problem 404 */
  async view(runId: string): Promise<RunView> {
    const [row] = await this.database.query<Row>(`${RUN} WHERE run.id = $1`, [runId]);
    if (row === undefined) throw problem("not-found", `there is no run ${runId}`);
    return toRunView(row);
  }

  /** @throws Problem 404 */
  async detail(runId: string): Promise<RunDetailView> {
    const run = await this.view(runId);
    const [rest, roles, attributions, criteria, miscompares, quarantined, counts, retries, evaluations] =
      await Promise.all([
        this.database.query<Row>(DETAIL, [runId]),
        this.database.query<{ role: string; dut: string }>(ROLES, [runId]),
        this.database.query<Row>(
          "SELECT cause, rule, person, confidence, at, evidence FROM attribution WHERE run_id = $1 ORDER BY id",
          [runId],
        ),
        this.database.query<Row>(CRITERIA, [runId, SHOWN_CRITERIA]),
        this.database.query<Row>(MISCOMPARES, [runId, SHOWN_MISCOMPARES]),
        this.database.query<Row>(QUARANTINED, [runId, SHOWN_QUARANTINED]),
        this.database.query<{ miscompares: number; late: number }>(COUNTS, [runId]),
        this.database.query<{ id: string }>("SELECT id FROM run WHERE retry_of_id = $1 ORDER BY attempt", [runId]),
        this.database.query<Row & { at: Date }>(EVALUATIONS, [runId]),
      ]);
    const { poweredMs, readBytes, writtenBytes, powerCycles, resets, budgetMs, ...plain } = rest[0]!;
    const exposure =
      poweredMs === null ? null : { poweredMs: Number(poweredMs), readBytes, writtenBytes, powerCycles, resets };
    return {
      ...run,
      ...plain,
      budgetMs: Number(budgetMs),
      exposure,
      roles,
      attributions: attributions.map((row) => ({ ...toAttribution(row), evidence: row.evidence })),
      criteria,
      evaluations: evaluations.map((row) => ({ ...row, at: row.at.toISOString() })),
      miscompares: miscompares.map(toMiscompare),
      miscompareCount: counts[0]!.miscompares,
      quarantined,
      lateEvents: counts[0]!.late,
      retries: retries.map(({ id }) => id),
    } as RunDetailView;
  }
}

const DETAIL = `
SELECT run.seed, run.parameters, run.resolved_parameters AS "resolvedParameters", run.budget_ms AS "budgetMs",
       plan_revision.hash AS "planHash", run.source_hash AS "sourceHash", run.resolved_hash AS "resolvedHash",
       run.stimulus_hash AS "stimulusHash", run.data_sheet_hash AS "dataSheetHash",
       run.evaluator_version AS "evaluatorVersion", run.agent_version AS "agentVersion",
       run.driver_version AS "driverVersion", run.host_implementation AS "hostImplementation", run.kernel,
       run.boot_id AS "bootId", run.clock_offset_ms AS "clockOffsetMs", run.firmware_intended AS "firmwareIntended",
       run.firmware_at_start AS "firmwareAtStart", run.firmware_at_end AS "firmwareAtEnd", run.pinned,
       run.powered_ms AS "poweredMs", run.read_bytes AS "readBytes", run.written_bytes AS "writtenBytes",
       run.power_cycles AS "powerCycles", run.resets, run.cancel_requested_by AS "cancelRequestedBy",
       run.cancel_reason AS "cancelReason"
  FROM run JOIN plan_revision ON plan_revision.id = run.plan_revision_id
 WHERE run.id = $1`;
const ROLES = `SELECT role, dut.serial AS dut FROM run_role JOIN dut ON dut.id = dut_id WHERE run_id = $1 ORDER BY role, dut.serial`;
const CRITERIA = `
SELECT criterion_id AS id, evaluation, iteration, outcome, metric, value, comparison, inputs, observations, requirement, reason,
       evaluator_version AS "evaluatorVersion"
  FROM criterion_result WHERE run_id = $1
 ORDER BY evaluation, (outcome = 'passed'), criterion_result.id LIMIT $2`;
const EVALUATIONS = `
SELECT number, at, person, reason, limits, verdict, verdict_reason AS "verdictReason",
       evaluator_version AS "evaluatorVersion"
  FROM evaluation WHERE run_id = $1 ORDER BY number LIMIT 1000`;
const MISCOMPARES = `
SELECT seq, at, step_path AS path, iteration, nsid, lba::text, kind, byte_offset AS "byteOffset",
       expected_token::text AS "expectedToken", got_token::text AS "gotToken",
       expected_lba::text AS "expectedLba", got_lba::text AS "gotLba", expected, got
  FROM miscompare WHERE run_id = $1 ORDER BY seq LIMIT $2`;
const DAY = "(SELECT (COALESCE(claimed_at, submitted_at) AT TIME ZONE 'UTC')::date FROM run WHERE id = $1)";
const QUARANTINED = `
SELECT seq, type, reason, metrics, body FROM telemetry.quarantined_event
 WHERE day = ${DAY} AND run_id = $1 ORDER BY seq LIMIT $2`;
const COUNTS = `
SELECT (SELECT count(*)::integer FROM miscompare WHERE run_id = $1) AS miscompares,
       (SELECT count(*)::integer FROM telemetry.late_event
         WHERE run_id = $1 AND day = ${DAY}) AS late`;
