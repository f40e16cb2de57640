/**
 * Reads the heads of the lines of runs that wait. On a drive only a few can be next: of each campaign the first of its
 * plans, and runs of no campaign in their order of service; the rest stands behind them and is never read. However long
 * the lines are, a pass reads a bounded number of rows.
 */
import type { Effect, ResolvedPlan } from "@assay/plans";
import type { Queryable } from "../platform/database";
import type { BoardRun } from "./board";

const MAX_CACHED_PLANS = 10_000;

/** A place in a drive's line: heads after it come next. */
export interface Mark {
  /** `service_key` of the run, ms, decimal. */
  key: string;
  id: string;
}
export interface OpenLine {
  dutId: string;
  /** Null: from the front. */
  after: Mark | null;
}
export interface Head {
  run: BoardRun;
  mark: Mark;
  /** As the last pass left it. */
  waitingReason: string | null;
}

type PlanTraits = Pick<BoardRun, "effects" | "needsPower" | "isolation">;

interface HeadRow extends Record<string, unknown> {
  id: string;
  dutId: string;
  campaignId: string | null;
  ordinal: number;
  planName: string;
  priority: number;
  submitted: Date;
  resolvedHash: string;
  spool: bigint;
  waitingReason: string | null;
  key: bigint;
  served: Date | null;
}

export class WaitingLines {
  /** A resolved plan never changes, so what the scheduler wants of it is read once. */
  private readonly traits = new Map<string, PlanTraits>();

  /** At most `perDut` heads of each line, in its order. Runs of campaigns that are not active are nobody's heads. */
  async readHeads(database: Queryable, lines: readonly OpenLine[], perDut: number): Promise<Head[]> {
    const rows = await database.query<HeadRow>(HEADS, [
      lines.map(({ dutId }) => dutId),
      lines.map(({ after }) => after?.key ?? FRONT.key),
      lines.map(({ after }) => after?.id ?? FRONT.id),
      perDut,
    ]);
    await this.learnPlans(database, rows);
    return rows.map(({ submitted, resolvedHash, spool, waitingReason, key, served, ...run }) => ({
      run: {
        ...run,
        ...this.traits.get(resolvedHash)!,
        submittedMs: submitted.getTime(),
        spoolBytes: Number(spool),
        lastServedMs: served?.getTime() ?? null,
      },
      mark: { key: key.toString(), id: run.id },
      waitingReason,
    }));
  }

  private async learnPlans(database: Queryable, rows: readonly HeadRow[]): Promise<void> {
    const unknown = [...new Set(rows.map(({ resolvedHash }) => resolvedHash))].filter((hash) => !this.traits.has(hash));
    if (unknown.length === 0) return;
    if (this.traits.size > 0 && this.traits.size + unknown.length > MAX_CACHED_PLANS) {
      this.traits.clear();
      return this.learnPlans(database, rows);
    }
    const plans = await database.query<{
      hash: string;
      effects: Effect[];
      needs: ResolvedPlan["needs"];
      isolation: "slot" | "host";
    }>(
      `SELECT hash, body->'effects' AS effects, body->'needs' AS needs, body->>'isolation' AS isolation
         FROM resolved_plan WHERE hash = ANY($1)`,
      [unknown],
    );
    for (const { hash, effects, needs, isolation } of plans) {
      const needsPower = needs.power !== null || effects.includes("power-cycles");
      this.traits.set(hash, { effects, needsPower, isolation });
    }
  }
}

/** Before every run. */
const FRONT: Mark = { key: "-9223372036854775808", id: "00000000-0000-0000-0000-000000000000" };

/** Each step of the recursion finds the head of the drive's next campaign by one look into the index. */
const HEADS = `
SELECT head.*, (SELECT max(assigned_at) FROM run served
                 WHERE served.campaign_id = head."campaignId" AND served.dut_id = head."dutId") AS served
  FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) AS line (dut_id, after_key, after_id)
 CROSS JOIN LATERAL (
   SELECT run.id, run.dut_id AS "dutId", run.campaign_id AS "campaignId", run.ordinal, run.plan_name AS "planName",
          run.priority, run.submitted_at AS submitted, run.resolved_hash AS "resolvedHash", run.spool_bytes AS spool,
          run.waiting_reason AS "waitingReason", service_key(run.submitted_at, run.priority) AS key
     FROM (
       (SELECT loose.id FROM run loose
         WHERE loose.dut_id = line.dut_id AND loose.state = 'queued' AND loose.campaign_id IS NULL
           AND (service_key(loose.submitted_at, loose.priority), loose.id) > (line.after_key, line.after_id)
         ORDER BY service_key(loose.submitted_at, loose.priority), loose.id LIMIT $4)
       UNION ALL
       (WITH RECURSIVE chain AS (
          (SELECT id, campaign_id FROM run first
            WHERE first.dut_id = line.dut_id AND first.state = 'queued' AND first.campaign_id IS NOT NULL
            ORDER BY campaign_id, ordinal, id LIMIT 1)
          UNION ALL
          SELECT next.id, next.campaign_id FROM chain CROSS JOIN LATERAL (
            SELECT id, campaign_id FROM run
             WHERE run.dut_id = line.dut_id AND run.state = 'queued' AND run.campaign_id > chain.campaign_id
             ORDER BY campaign_id, ordinal, id LIMIT 1) next
        ) SELECT chain.id FROM chain JOIN campaign ON campaign.id = chain.campaign_id AND campaign.intent = 'active')
     ) its
     JOIN run ON run.id = its.id
    WHERE (service_key(run.submitted_at, run.priority), run.id) > (line.after_key, line.after_id)
    ORDER BY key, run.id LIMIT $4
 ) head
 ORDER BY key, id`;
