-- High-volume rows, outside Prisma's schema. Every table is partitioned by `day`, the UTC date on which the run was
-- claimed: all of a run lies in one partition per table, a lookup prunes by equality, events that come days late need
-- no partition of another day, and unique keys can hold. The application makes partitions ahead and drops old ones
-- (apps/orchestrator/src/ingest/partition-plan.ts); rows come in by COPY.
CREATE SCHEMA "telemetry";

-- Every event of a run once. The body of `samples` and `histogram` is null: it is rebuilt from their own tables.
CREATE TABLE "telemetry"."run_event" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "seq" integer NOT NULL,
  "epoch" integer NOT NULL,
  "at" timestamptz(3) NOT NULL, -- the agent's time
  "received_at" timestamptz(3) NOT NULL,
  "type" text NOT NULL,
  "body" json,
  PRIMARY KEY ("day", "run_id", "seq")
) PARTITION BY RANGE ("day");

-- Events of an old epoch: kept, they changed nothing (promise 1).
CREATE TABLE "telemetry"."late_event" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "epoch" integer NOT NULL,
  "seq" integer NOT NULL,
  "at" timestamptz(3) NOT NULL,
  "received_at" timestamptz(3) NOT NULL,
  "body" json NOT NULL,
  PRIMARY KEY ("day", "run_id", "epoch", "seq")
) PARTITION BY RANGE ("day");

-- One ioworker over several intervals: arrays of equal length, one place per interval.
CREATE TABLE "telemetry"."sample" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "seq" integer NOT NULL,
  "worker" integer NOT NULL,
  "step_path" text NOT NULL,
  "iteration" integer[] NOT NULL,
  "interval" integer[] NOT NULL,
  "interval_ms" integer[] NOT NULL,
  "at_ms" bigint[] NOT NULL,
  "reads" bigint[] NOT NULL,
  "writes" bigint[] NOT NULL,
  "others" bigint[] NOT NULL,
  "read_bytes" bigint[] NOT NULL,
  "write_bytes" bigint[] NOT NULL,
  "errors" bigint[] NOT NULL,
  "latency_average_ns" double precision[] NOT NULL,
  "latency_max_ns" double precision[] NOT NULL,
  PRIMARY KEY ("day", "run_id", "seq", "worker")
) PARTITION BY RANGE ("day");

-- Latency counts of one worker and operation between two moments; buckets as libs/protocol/src/histogram.ts has them.
CREATE TABLE "telemetry"."histogram" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "seq" integer NOT NULL,
  "step_path" text NOT NULL,
  "iteration" integer[] NOT NULL,
  "worker" integer NOT NULL,
  "operation" text NOT NULL CHECK ("operation" IN ('read', 'write', 'other')),
  "from_at" timestamptz(3) NOT NULL,
  "to_at" timestamptz(3) NOT NULL,
  "bucket_index" integer[] NOT NULL,
  "bucket_count" bigint[] NOT NULL,
  PRIMARY KEY ("day", "run_id", "seq")
) PARTITION BY RANGE ("day");

-- One number by which criteria judge and history compares.
CREATE TABLE "telemetry"."metric" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "seq" integer NOT NULL, -- of the event that carried it
  "dut_id" uuid NOT NULL,
  "plan_name" text NOT NULL,
  "model" text NOT NULL,
  "firmware" text NOT NULL, -- as the drive said it at the start of the run
  "step_path" text NOT NULL,
  "iteration" integer[] NOT NULL,
  "metric" text NOT NULL, -- name without the step
  "value" double precision, -- one of these three is set
  "flag" boolean,
  "text" text,
  "labels" json,
  "at" timestamptz(3) NOT NULL
) PARTITION BY RANGE ("day");
CREATE INDEX "metric_run_idx" ON "telemetry"."metric" ("run_id", "seq");
CREATE INDEX "metric_comparison_idx" ON "telemetry"."metric" ("plan_name", "metric", "firmware") INCLUDE ("step_path", "value", "run_id");

-- Physical effects: intent before, outcome after, with the witness that stands outside the drive (promise 5).
CREATE TABLE "telemetry"."effect" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "seq" integer NOT NULL,
  "at" timestamptz(3) NOT NULL,
  "phase" text NOT NULL CHECK ("phase" IN ('intent', 'outcome')),
  "step_path" text NOT NULL,
  "iteration" integer[] NOT NULL,
  "effect" text NOT NULL,
  "ok" boolean,
  "witness" text,
  "detail" json NOT NULL,
  PRIMARY KEY ("day", "run_id", "seq")
) PARTITION BY RANGE ("day");

-- Statuses that nobody asked for, counted.
CREATE TABLE "telemetry"."status" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "seq" integer NOT NULL,
  "step_path" text NOT NULL,
  "iteration" integer[] NOT NULL,
  "opcode" integer NOT NULL,
  "sct" integer NOT NULL,
  "sc" integer NOT NULL,
  "count" bigint NOT NULL,
  "first_at" timestamptz(3) NOT NULL,
  "last_at" timestamptz(3) NOT NULL,
  PRIMARY KEY ("day", "run_id", "seq")
) PARTITION BY RANGE ("day");
CREATE INDEX "status_code_idx" ON "telemetry"."status" ("sct", "sc", "opcode");

-- A flight recorder as the host sent it (libs/protocol/src/cmdlog.ts).
CREATE TABLE "telemetry"."cmdlog_segment" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "epoch" integer NOT NULL,
  "qid" integer NOT NULL,
  "received_at" timestamptz(3) NOT NULL,
  "label" text NOT NULL,
  "entries" integer NOT NULL,
  "data" bytea NOT NULL,
  PRIMARY KEY ("day", "run_id", "epoch", "qid")
) PARTITION BY RANGE ("day");

-- Which statuses a recorder holds, so that "all DUTs that returned 02/81" is a query.
CREATE TABLE "telemetry"."cmdlog_status" (
  "day" date NOT NULL,
  "run_id" uuid NOT NULL,
  "epoch" integer NOT NULL,
  "qid" integer NOT NULL,
  "opcode" integer NOT NULL,
  "sct" integer NOT NULL,
  "sc" integer NOT NULL,
  "outstanding" boolean NOT NULL, -- no completion was seen; sct and sc say nothing then
  "count" integer NOT NULL,
  "first_at" timestamptz(3) NOT NULL,
  "last_at" timestamptz(3) NOT NULL,
  PRIMARY KEY ("day", "run_id", "epoch", "qid", "opcode", "sct", "sc", "outstanding")
) PARTITION BY RANGE ("day");
CREATE INDEX "cmdlog_status_code_idx" ON "telemetry"."cmdlog_status" ("sct", "sc", "opcode");

-- The immutable answer to a claim.
CREATE TABLE "run_order" (
    "run_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "body" JSON NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "run_order_pkey" PRIMARY KEY ("run_id","epoch")
);
ALTER TABLE "run_order" ADD CONSTRAINT "run_order_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
