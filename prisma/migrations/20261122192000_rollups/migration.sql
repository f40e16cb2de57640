-- Samples by the minute: what is left of a run's course when its samples have gone (90 days).
CREATE TABLE "telemetry"."sample_rollup" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "step_path" text NOT NULL,
  "worker" integer NOT NULL,
  "minute" timestamptz(3) NOT NULL, -- the agent's time; its first moment
  "interval_ms" bigint NOT NULL, -- that were sampled in it
  "reads" bigint NOT NULL,
  "writes" bigint NOT NULL,
  "others" bigint NOT NULL,
  "read_bytes" bigint NOT NULL,
  "write_bytes" bigint NOT NULL,
  "errors" bigint NOT NULL,
  "latency_average_ns" double precision, -- over its commands; null where there was none
  "latency_max_ns" double precision NOT NULL,
  PRIMARY KEY ("day", "run_id", "step_path", "worker", "minute")
) PARTITION BY RANGE ("day");
