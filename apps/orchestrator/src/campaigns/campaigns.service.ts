import type { ParameterValues } from "@assay/plans";
import { Injectable } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database, type Transaction } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { Ids } from "../platform/ids";
import { problem } from "../platform/problem";
import { cancelRun } from "../runs/cancel-run";
import { addRuns, type NewRun } from "../runs/new-runs";
import { type DutSelection, findRevision, type Revision, selectDuts } from "../runs/run-inputs";
import { type Expansion, expandCampaign } from "./expand-campaign";

/** One request makes at most so many runs; a campaign beyond it is two campaigns. */
export const MAX_RUNS = 20_000;

export interface CampaignWish {
  name: string;
  plans: { name: string; hash?: string; parameters: ParameterValues }[];
  select: DutSelection;
  priority: number;
}

type CampaignIntent = "active" | "paused" | "cancelled";

@Injectable()
export class CampaignsService {
  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** @returns the campaign's id. @throws Problem 404 for an unknown plan; 422 when nothing is selected or too much. */
  async create(wish: CampaignWish, createdBy: string): Promise<string> {
    const revisions = await Promise.all(wish.plans.map(({ name, hash }) => findRevision(this.database, name, hash)));
    const duts = await selectDuts(this.database, wish.select);
    const known = new Set(duts.flatMap(({ id, serial }) => [id, serial]));
    const missing = (wish.select.duts ?? []).filter((name) => !known.has(name));
    if (missing.length > 0) throw problem("unprocessable", `there is no DUT ${missing.join(", ")}`);
    if (duts.length === 0) throw problem("unprocessable", "no DUT matches the selection");
    if (duts.length * revisions.length > MAX_RUNS) {
      throw problem(
        "unprocessable",
        `${duts.length} DUTs times ${revisions.length} plans are more than ${MAX_RUNS} runs`,
      );
    }
    const plans = revisions.map(({ name, document }, n) => ({ name, document, parameters: wish.plans[n]!.parameters }));
    const expansion = expandCampaign(plans, duts);
    const id = this.ids.uuid();
    const runs = this.newRuns(id, wish, revisions, expansion, new Map(duts.map((dut) => [dut.id, dut])), createdBy);
    await this.database.transaction(async (transaction) => {
      await this.store(transaction, id, wish, revisions, expansion, createdBy);
      await addRuns(transaction, runs, this.clock.now());
    });
    this.doorbells.ring("schedule");
    return id;
  }

  /** @throws Problem 404; 409 when it was cancelled. */
  async setIntent(id: string, intent: CampaignIntent, by: string, reason: string | null): Promise<void> {
    const asked = await this.database.transaction(async (transaction) => {
      const [campaign] = await transaction.query<{ intent: CampaignIntent }>(
        "SELECT intent FROM campaign WHERE id = $1 FOR UPDATE",
        [id],
      );
      if (campaign === undefined) throw problem("not-found", `there is no campaign ${id}`);
      if (campaign.intent === "cancelled" && intent !== "cancelled")
        throw problem("conflict", `campaign ${id} was cancelled`);
      await transaction.query("UPDATE campaign SET intent = $2, intent_reason = $3 WHERE id = $1", [
        id,
        intent,
        reason,
      ]);
      return intent === "cancelled" ? this.cancelRuns(transaction, id, by, reason) : [];
    });
    for (const { queueName, runId, epoch } of asked) this.doorbells.ringHost(queueName, runId, epoch);
    this.doorbells.ring("schedule");
  }

  private async cancelRuns(transaction: Transaction, id: string, by: string, reason: string | null) {
    const open = await transaction.query<{ id: string }>(
      "SELECT id FROM run WHERE campaign_id = $1 AND state <> 'finished' ORDER BY id",
      [id],
    );
    for (const run of open) await cancelRun(transaction, run.id, { by, reason, now: this.clock.now() });
    return transaction.query<{ queueName: string; runId: string; epoch: number }>(
      `SELECT queue_name AS "queueName", run.id AS "runId", epoch FROM run JOIN host ON host.id = run.host_id
        WHERE campaign_id = $1 AND state = 'running'`,
      [id],
    );
  }

  private newRuns(
    campaignId: string,
    wish: CampaignWish,
    revisions: readonly Revision[],
    { runs }: Expansion,
    duts: ReadonlyMap<string, { firmware: string | null; sheetHash: string | null }>,
    submittedBy: string,
  ): NewRun[] {
    return runs.map(({ ordinal, dutId, prepared }) => ({
      ...{ id: this.ids.uuid(), campaignId, ordinal, dutId, prepared, seed: this.ids.seed(), submittedBy },
      ...{ revision: revisions[ordinal]!, parameters: wish.plans[ordinal]!.parameters, priority: wish.priority },
      ...{ sheetHash: duts.get(dutId)!.sheetHash, firmware: duts.get(dutId)!.firmware },
    }));
  }

  private async store(
    transaction: Transaction,
    id: string,
    wish: CampaignWish,
    revisions: readonly Revision[],
    { runs, notApplicable }: Expansion,
    createdBy: string,
  ): Promise<void> {
    const now = this.clock.now();
    await transaction.query(
      `INSERT INTO campaign (id, name, priority, selection, created_at, created_by, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      // Nothing to run is over at once.
      [id, wish.name, wish.priority, JSON.stringify(wish.select), now, createdBy, runs.length === 0 ? now : null],
    );
    await transaction.query(
      `INSERT INTO campaign_plan (campaign_id, ordinal, plan_revision_id, parameters)
       SELECT $1, ordinal, revision, parameters
         FROM jsonb_to_recordset($2::jsonb) AS (ordinal integer, revision uuid, parameters jsonb)`,
      [
        id,
        JSON.stringify(
          revisions.map((revision, ordinal) => ({
            ordinal,
            revision: revision.id,
            parameters: wish.plans[ordinal]!.parameters,
          })),
        ),
      ],
    );
    await transaction.query(
      `INSERT INTO not_applicable (campaign_id, ordinal, plan_name, dut_id, reason)
       SELECT $1, ordinal, plan, "dutId", reason
         FROM jsonb_to_recordset($2::jsonb) AS (ordinal integer, plan text, "dutId" uuid, reason text)`,
      [id, JSON.stringify(notApplicable)],
    );
  }
}
