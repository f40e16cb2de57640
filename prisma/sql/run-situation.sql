-- What stands around one run: its drive, its place, who comes before and after it, and whether it was tried again.
-- $1 run id. One row or none. `holder` is another run that has the drive now; `othersQueued` counts runs that
-- wait for the same drive; `retry` is the next attempt of the same line.
SELECT dut.serial, dut.health, dut.intent AS "dutIntent", dut.intent_reason AS "dutIntentReason", dut.conflict,
       hold.held_by AS "heldBy", hold.from_at AS "heldSince", hold.run_id AS "heldFor",
       campaign.name AS campaign, campaign.intent AS "campaignIntent", campaign.intent_reason AS "campaignIntentReason",
       host.name AS host, host.observed AS "hostObserved", host.last_heartbeat_at AS "hostSeenAt", host.intent AS "hostIntent",
       slot.name AS slot, slot.state AS "slotState", slot.state_reason AS "slotStateReason",
       holder.id AS "holderId", holder.plan_name AS "holderPlan", holder.state AS "holderState",
       holder.deadline_at AS "holderDeadlineAt",
       (SELECT count(*)::integer FROM run other
         WHERE other.dut_id = run.dut_id AND other.state = 'queued' AND other.id <> run.id) AS "othersQueued",
       retry.id AS "retryId", retry.attempt AS "retryAttempt", retry.state AS "retryState", retry.verdict AS "retryVerdict"
  FROM run
  JOIN dut ON dut.id = run.dut_id
  LEFT JOIN hold ON hold.dut_id = dut.id AND hold.to_at IS NULL
  LEFT JOIN campaign ON campaign.id = run.campaign_id
  LEFT JOIN host ON host.id = run.host_id
  LEFT JOIN slot ON slot.id = run.slot_id
  LEFT JOIN LATERAL (
    SELECT id, plan_name, state, deadline_at FROM run other
     WHERE other.dut_id = run.dut_id AND other.id <> run.id AND other.state IN ('assigned', 'running')
     ORDER BY other.assigned_at LIMIT 1) holder ON true
  LEFT JOIN LATERAL (
    SELECT id, attempt, state, verdict FROM run later
     WHERE later.retry_of_id = COALESCE(run.retry_of_id, run.id) AND later.attempt = run.attempt + 1 LIMIT 1) retry ON true
 WHERE run.id = $1;
