-- Why no run can start on a drive now: said once per drive, so that a line of thousands behind it costs a pass nothing.
ALTER TABLE "dut" ADD COLUMN "waiting_reason" TEXT;

-- Order of service on one drive, ms: thirty minutes of waiting weigh as much as one step of priority
-- (AGEING_MS in apps/orchestrator/src/scheduling/assign-runs.ts). It does not change while a run waits.
CREATE FUNCTION "service_key"("submitted_at" timestamptz, "priority" integer) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (extract(epoch FROM "submitted_at" - TIMESTAMPTZ '1970-01-01 00:00:00+00') * 1000)::bigint - "priority"::bigint * 1800000;

-- The scheduler looks at the head of each line of a drive and never at the rest: runs of no campaign by their order of
-- service, of each campaign the first of its plans.
CREATE INDEX "run_loose_idx" ON "run" ("dut_id", "service_key"("submitted_at", "priority"), "id") WHERE "state" = 'queued' AND "campaign_id" IS NULL;
CREATE INDEX "run_chain_idx" ON "run" ("dut_id", "campaign_id", "ordinal", "id") WHERE "state" = 'queued' AND "campaign_id" IS NOT NULL;
-- Heads that a pass looked at: what those behind them wait for.
CREATE INDEX "run_told_idx" ON "run" ("dut_id", "service_key"("submitted_at", "priority"), "id") WHERE "state" = 'queued' AND "waiting_reason" IS NOT NULL;
