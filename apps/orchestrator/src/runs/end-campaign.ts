import type { Transaction } from "../platform/database";

/** Whatever finishes a run calls this: the campaign ends with the last of its runs. Nothing to do for a run of its own. */
export async function endCampaignOf(transaction: Transaction, runId: string, now: Date): Promise<void> {
  await transaction.query(
    `UPDATE campaign SET ended_at = $2 FROM run
      WHERE run.id = $1 AND campaign.id = run.campaign_id AND campaign.ended_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM run other WHERE other.campaign_id = campaign.id AND other.state <> 'finished')`,
    [runId, now],
  );
}
