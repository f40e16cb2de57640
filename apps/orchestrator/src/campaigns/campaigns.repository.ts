import { Injectable } from "@nestjs/common";
import { Database } from "../platform/database";
import { problem } from "../platform/problem";
import { NEEDS_PERSON, WAITING_REASON } from "../runs/waiting-reason";
import type { CampaignDetailView, CampaignView } from "./campaign-view";

/** Cells of the verdict table and lines of the list of pairs that make no run. */
const SHOWN = 20_000;

type Row = Record<string, unknown> & { createdAt: Date; endedAt: Date | null; id: string };

/** A run that has a retry no longer speaks for its line. */
const NEWEST_ATTEMPT = `NOT EXISTS (SELECT 1 FROM run later
   WHERE COALESCE(later.retry_of_id, later.id) = COALESCE(run.retry_of_id, run.id) AND later.attempt > run.attempt
     AND later.campaign_id = run.campaign_id AND later.dut_id = run.dut_id)`;

const CAMPAIGN = `
SELECT campaign.id, campaign.name, campaign.intent, campaign.intent_reason AS "intentReason", campaign.priority,
       campaign.created_at AS "createdAt", campaign.created_by AS "createdBy", campaign.ended_at AS "endedAt",
       campaign.selection AS "select", plans.plans, counts.counts
  FROM campaign
  CROSS JOIN LATERAL (
    SELECT COALESCE(jsonb_agg(jsonb_build_object('name', plan_revision.name, 'hash', plan_revision.hash,
                                                 'parameters', campaign_plan.parameters) ORDER BY campaign_plan.ordinal), '[]') AS plans
      FROM campaign_plan JOIN plan_revision ON plan_revision.id = campaign_plan.plan_revision_id
     WHERE campaign_plan.campaign_id = campaign.id
  ) plans
  CROSS JOIN LATERAL (
    SELECT jsonb_build_object(
             'queued', count(*) FILTER (WHERE state = 'queued'), 'assigned', count(*) FILTER (WHERE state = 'assigned'),
             'running', count(*) FILTER (WHERE state = 'running'), 'passed', count(*) FILTER (WHERE verdict = 'passed'),
             'failed', count(*) FILTER (WHERE verdict = 'failed'), 'errored', count(*) FILTER (WHERE verdict = 'errored'),
             'aborted', count(*) FILTER (WHERE verdict = 'aborted')) AS counts
      FROM run WHERE run.campaign_id = campaign.id AND ${NEWEST_ATTEMPT}
  ) counts`;

@Injectable()
export class CampaignsRepository {
  constructor(private readonly database: Database) {}

  /** Newest first, one more than `limit`. */
  async list(after: readonly [string, string] | null, limit: number): Promise<CampaignView[]> {
    const rows = await this.database.query<Row>(
      `${CAMPAIGN} WHERE $1::timestamptz IS NULL OR (campaign.created_at, campaign.id) < ($1, $2::uuid)
       ORDER BY campaign.created_at DESC, campaign.id DESC LIMIT $3`,
      [after?.[0] ?? null, after?.[1] ?? null, limit + 1],
    );
    return rows.map(toView);
  }

  /** @throws Problem 404 */
  async detail(id: string): Promise<CampaignDetailView> {
    const [row] = await this.database.query<Row>(`${CAMPAIGN} WHERE campaign.id = $1`, [id]);
    if (row === undefined) throw problem("not-found", `there is no campaign ${id}`);
    const notApplicable = await this.database.query(
      `SELECT plan_name AS plan, dut.serial AS dut, reason FROM not_applicable JOIN dut ON dut.id = dut_id
        WHERE campaign_id = $1 ORDER BY ordinal, dut.serial LIMIT $2`,
      [id, SHOWN],
    );
    const verdicts = await this.database.query(
      `SELECT dut.serial AS dut, run.plan_name AS plan, run.ordinal, run.id AS "runId", run.attempt, run.state, run.verdict,
              run.verdict_reason AS reason, ${WAITING_REASON} AS "waitingReason",
              ${NEEDS_PERSON} AS "needsPerson", run.contact
         FROM run JOIN dut ON dut.id = run.dut_id
        WHERE run.campaign_id = $1 AND ${NEWEST_ATTEMPT} ORDER BY dut.serial, run.ordinal LIMIT $2`,
      [id, SHOWN],
    );
    return { ...toView(row), select: row.select, notApplicable, verdicts } as CampaignDetailView;
  }
}

function toView({ select: _, ...row }: Row): CampaignView {
  return {
    ...row,
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  } as unknown as CampaignView;
}
