/**
 * Why a run waits, for whoever reads it, in the order in which a person would ask. What a whole campaign or a whole drive
 * waits for stands in one place and is put together here, so that a line of any length has its reasons at once.
 */

/** SQL: whether the drive of the row named `run` stands frozen and nobody has let it go. */
const FROZEN = `
run.state = 'running' AND run.frozen_at IS NOT NULL AND run.released_at IS NULL AND run.release_requested_at IS NULL`;

/** SQL: text or null, for a row named `run`. A run that was just submitted has none until the next scheduling pass. */
export const WAITING_REASON = `
CASE WHEN ${FROZEN} THEN 'its drive is frozen at an error until somebody releases the run'
     WHEN run.state <> 'queued' THEN run.waiting_reason ELSE COALESCE(
  (SELECT 'campaign ' || campaign.name || ' is ' || campaign.intent FROM campaign
    WHERE campaign.id = run.campaign_id AND campaign.intent <> 'active'),
  (SELECT head.plan_name || ' (run ' || head.id || ') of the same campaign comes first on this DUT' FROM run head
    WHERE head.campaign_id = run.campaign_id AND head.dut_id = run.dut_id AND head.state <> 'finished'
      AND (head.state <> 'queued' OR (head.ordinal, head.id) < (run.ordinal, run.id))
    ORDER BY (head.state = 'queued'), head.ordinal, head.id LIMIT 1),
  (SELECT barred.waiting_reason FROM dut barred WHERE barred.id = run.dut_id),
  run.waiting_reason,
  (SELECT 'run ' || told.id || ' comes first on this DUT' FROM run told
    WHERE told.dut_id = run.dut_id AND told.state = 'queued' AND told.waiting_reason IS NOT NULL
    ORDER BY service_key(told.submitted_at, told.priority), told.id LIMIT 1)) END`;

/** SQL: whether nothing will start or end the row named `run` until a person does something: somebody took its drive out of use,
 * or it is frozen. */
export const NEEDS_PERSON = `
((${FROZEN}) OR run.state = 'queued' AND (
  EXISTS (SELECT 1 FROM dut kept WHERE kept.id = run.dut_id AND kept.intent <> 'available')
  OR EXISTS (SELECT 1 FROM campaign WHERE campaign.id = run.campaign_id AND campaign.intent = 'paused')))`;
