-- Events that could not be stored as what they say they are: they broke a rule of the database, or nobody could read them.
-- In `run_event` a `gap` stands in their place, so that the run goes on to its verdict.
CREATE TABLE "telemetry"."quarantined_event" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "seq" integer NOT NULL,
  "epoch" integer NOT NULL,
  "at" timestamptz(3) NOT NULL, -- the agent's time
  "received_at" timestamptz(3) NOT NULL,
  "type" text NOT NULL, -- as it calls itself
  "reason" text NOT NULL,
  "metrics" text[], -- `<step>.<metric>` that it carried; null: it may have said anything, no criterion can be trusted
  "body" text NOT NULL, -- JSON as it came
  PRIMARY KEY ("day", "run_id", "seq")
) PARTITION BY RANGE ("day");
