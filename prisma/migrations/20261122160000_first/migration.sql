-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "host_observed" AS ENUM ('online', 'degraded', 'offline');

-- CreateEnum
CREATE TYPE "host_intent" AS ENUM ('active', 'draining', 'maintenance', 'retired');

-- CreateEnum
CREATE TYPE "slot_state" AS ENUM ('idle', 'leased', 'fenced', 'cleaning');

-- CreateEnum
CREATE TYPE "dut_health" AS ENUM ('good', 'unknown', 'suspect', 'bad');

-- CreateEnum
CREATE TYPE "dut_intent" AS ENUM ('available', 'hold', 'quarantined', 'repairing', 'maintenance', 'retired');

-- CreateEnum
CREATE TYPE "run_state" AS ENUM ('queued', 'assigned', 'running', 'finished');

-- CreateEnum
CREATE TYPE "run_contact" AS ENUM ('ok', 'unreachable');

-- CreateEnum
CREATE TYPE "verdict" AS ENUM ('passed', 'failed', 'errored', 'aborted');

-- CreateEnum
CREATE TYPE "criterion_outcome" AS ENUM ('passed', 'failed', 'errored');

-- CreateEnum
CREATE TYPE "attribution_cause" AS ENUM ('dut', 'firmware', 'test', 'slot', 'host', 'link', 'power', 'network', 'target', 'environment', 'orchestrator', 'operator', 'unknown');

-- CreateEnum
CREATE TYPE "campaign_intent" AS ENUM ('active', 'paused', 'cancelled');

-- CreateEnum
CREATE TYPE "dut_role" AS ENUM ('dut', 'target', 'neighbour');

-- CreateEnum
CREATE TYPE "resource_kind" AS ENUM ('slot', 'power_domain', 'host', 'target');

-- CreateEnum
CREATE TYPE "token_role" AS ENUM ('viewer', 'operator', 'admin', 'agent');

-- CreateTable
CREATE TABLE "host" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "intent" "host_intent" NOT NULL DEFAULT 'active',
    "intent_reason" TEXT,
    "observed" "host_observed" NOT NULL DEFAULT 'offline',
    "observed_reason" TEXT,
    "last_heartbeat_at" TIMESTAMPTZ(3),
    "clock_offset_ms" INTEGER,
    "boot_id" TEXT,
    "wire_version" INTEGER,
    "spool_used_bytes" BIGINT,
    "spool_limit_bytes" BIGINT,
    "queue_name" TEXT NOT NULL,
    "inventory_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "host_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "host_observation" (
    "id" BIGSERIAL NOT NULL,
    "host_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "boot_id" TEXT NOT NULL,
    "kernel" TEXT NOT NULL,
    "agent_version" TEXT NOT NULL,
    "driver_version" TEXT NOT NULL,
    "spdk_version" TEXT,

    CONSTRAINT "host_observation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "power_domain" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "power_domain_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "slot" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "host_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "state" "slot_state" NOT NULL DEFAULT 'idle',
    "state_reason" TEXT,
    "transport" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "nqn" TEXT,
    "numa_node" INTEGER,
    "power_driver" TEXT,
    "power_domain_id" UUID,
    "effects" TEXT[],
    "listed" JSONB NOT NULL DEFAULT '[]',
    "labels" JSONB NOT NULL DEFAULT '{}',
    "blocked" TEXT,
    "observed_at" TIMESTAMPTZ(3),
    "removed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "slot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dut" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "asset_id" TEXT,
    "model" TEXT NOT NULL,
    "serial" TEXT NOT NULL,
    "twin" INTEGER NOT NULL DEFAULT 0,
    "nguid" TEXT,
    "eui64" TEXT,
    "health" "dut_health" NOT NULL DEFAULT 'unknown',
    "health_reason" TEXT,
    "intent" "dut_intent" NOT NULL DEFAULT 'available',
    "intent_reason" TEXT,
    "conflict" TEXT,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "dut_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "identity_observation" (
    "id" BIGSERIAL NOT NULL,
    "dut_id" UUID NOT NULL,
    "slot_id" UUID,
    "run_id" UUID,
    "source" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "boot_id" TEXT,
    "model" TEXT NOT NULL,
    "serial" TEXT NOT NULL,
    "nguid" TEXT,
    "eui64" TEXT,
    "firmware" TEXT NOT NULL,
    "capacity_bytes" BIGINT,
    "lba_formats_bytes" INTEGER[],

    CONSTRAINT "identity_observation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "occupancy" (
    "id" BIGSERIAL NOT NULL,
    "dut_id" UUID NOT NULL,
    "slot_id" UUID NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3),

    CONSTRAINT "occupancy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "build" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "model" TEXT NOT NULL,
    "revision" TEXT NOT NULL,
    "sha256" TEXT NOT NULL DEFAULT '',
    "branch" TEXT,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "build_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "namespace_format" (
    "id" BIGSERIAL NOT NULL,
    "dut_id" UUID NOT NULL,
    "nsid" INTEGER NOT NULL,
    "lba_bytes" INTEGER NOT NULL,
    "metadata_bytes" INTEGER NOT NULL,
    "lba_count" BIGINT,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3),

    CONSTRAINT "namespace_format_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "topology_edge" (
    "id" BIGSERIAL NOT NULL,
    "parent_kind" TEXT NOT NULL,
    "parent_id" UUID NOT NULL,
    "child_kind" TEXT NOT NULL,
    "child_id" UUID NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3),

    CONSTRAINT "topology_edge_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "plan_revision" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "schema_version" INTEGER NOT NULL,
    "source_hash" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "canonical" JSONB NOT NULL,
    "from_catalog" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,

    CONSTRAINT "plan_revision_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "data_sheet" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "model" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "sheet" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "data_sheet_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "resolved_plan" (
    "hash" TEXT NOT NULL,
    "stimulus_hash" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "resolved_plan_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "campaign" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "intent" "campaign_intent" NOT NULL DEFAULT 'active',
    "intent_reason" TEXT,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "selection" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "campaign_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "campaign_plan" (
    "campaign_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "plan_revision_id" UUID NOT NULL,
    "parameters" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "campaign_plan_pkey" PRIMARY KEY ("campaign_id","ordinal")
);

-- CreateTable
CREATE TABLE "not_applicable" (
    "id" BIGSERIAL NOT NULL,
    "campaign_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "plan_name" TEXT NOT NULL,
    "dut_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,

    CONSTRAINT "not_applicable_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "campaign_id" UUID,
    "ordinal" INTEGER NOT NULL DEFAULT 0,
    "dut_id" UUID NOT NULL,
    "plan_revision_id" UUID NOT NULL,
    "plan_name" TEXT NOT NULL,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "retry_of_id" UUID,
    "state" "run_state" NOT NULL DEFAULT 'queued',
    "contact" "run_contact" NOT NULL DEFAULT 'ok',
    "verdict" "verdict",
    "verdict_reason" TEXT,
    "waiting_reason" TEXT,
    "parked" BOOLEAN NOT NULL DEFAULT false,
    "parameters" JSONB NOT NULL DEFAULT '{}',
    "resolved_parameters" JSONB NOT NULL DEFAULT '{}',
    "seed" TEXT NOT NULL,
    "source_hash" TEXT NOT NULL,
    "resolved_hash" TEXT NOT NULL,
    "stimulus_hash" TEXT NOT NULL,
    "data_sheet_hash" TEXT,
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "next_seq" INTEGER NOT NULL DEFAULT 1,
    "budget_ms" BIGINT NOT NULL,
    "spool_bytes" BIGINT NOT NULL DEFAULT 0,
    "host_id" UUID,
    "slot_id" UUID,
    "submitted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "submitted_by" TEXT NOT NULL,
    "assigned_at" TIMESTAMPTZ(3),
    "claimed_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "verdict_at" TIMESTAMPTZ(3),
    "deadline_at" TIMESTAMPTZ(3),
    "last_event_at" TIMESTAMPTZ(3),
    "cancel_requested_at" TIMESTAMPTZ(3),
    "cancel_requested_by" TEXT,
    "cancel_reason" TEXT,
    "release_requested_at" TIMESTAMPTZ(3),
    "agent_version" TEXT,
    "driver_version" TEXT,
    "host_implementation" TEXT,
    "kernel" TEXT,
    "boot_id" TEXT,
    "clock_offset_ms" INTEGER,
    "evaluator_version" INTEGER,
    "firmware_intended" TEXT,
    "firmware_at_start" TEXT,
    "firmware_at_end" TEXT,
    "build_intended_id" UUID,
    "build_at_start_id" UUID,
    "build_at_end_id" UUID,
    "powered_ms" BIGINT,
    "read_bytes" DECIMAL(39,0),
    "written_bytes" DECIMAL(39,0),
    "power_cycles" INTEGER,
    "resets" INTEGER,
    "pinned" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_role" (
    "run_id" UUID NOT NULL,
    "role" "dut_role" NOT NULL,
    "dut_id" UUID NOT NULL,

    CONSTRAINT "run_role_pkey" PRIMARY KEY ("run_id","role","dut_id")
);

-- CreateTable
CREATE TABLE "resource" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "kind" "resource_kind" NOT NULL,
    "key" TEXT NOT NULL,

    CONSTRAINT "resource_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lease" (
    "id" BIGSERIAL NOT NULL,
    "resource_id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,

    CONSTRAINT "lease_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attribution" (
    "id" BIGSERIAL NOT NULL,
    "run_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "cause" "attribution_cause" NOT NULL,
    "rule" TEXT,
    "person" TEXT,
    "evidence" JSONB NOT NULL DEFAULT '{}',
    "confidence" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "attribution_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "hold" (
    "id" BIGSERIAL NOT NULL,
    "dut_id" UUID NOT NULL,
    "intent" "dut_intent" NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "to_at" TIMESTAMPTZ(3),
    "held_by" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "released_by" TEXT,
    "release_reason" TEXT,
    "run_id" UUID,

    CONSTRAINT "hold_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "criterion_result" (
    "id" BIGSERIAL NOT NULL,
    "run_id" UUID NOT NULL,
    "evaluation" INTEGER NOT NULL DEFAULT 1,
    "criterion_id" TEXT NOT NULL,
    "iteration" INTEGER,
    "outcome" "criterion_outcome" NOT NULL,
    "metric" TEXT NOT NULL,
    "value" JSONB,
    "comparison" JSONB NOT NULL,
    "inputs" INTEGER NOT NULL,
    "observations" JSONB NOT NULL DEFAULT '[]',
    "requirement" TEXT,
    "reason" TEXT NOT NULL,
    "evaluator_version" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "criterion_result_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "miscompare" (
    "id" BIGSERIAL NOT NULL,
    "run_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "step_path" TEXT NOT NULL,
    "iteration" INTEGER[],
    "nsid" INTEGER NOT NULL,
    "lba" DECIMAL(39,0) NOT NULL,
    "kind" TEXT NOT NULL,
    "byte_offset" INTEGER,
    "expected_token" DECIMAL(39,0),
    "got_token" DECIMAL(39,0),
    "expected_lba" DECIMAL(39,0),
    "got_lba" DECIMAL(39,0),
    "expected" TEXT NOT NULL,
    "got" TEXT NOT NULL,

    CONSTRAINT "miscompare_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "snapshot" (
    "id" BIGSERIAL NOT NULL,
    "run_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "step_path" TEXT NOT NULL,
    "iteration" INTEGER[],
    "of" TEXT NOT NULL,
    "fields" JSONB NOT NULL,
    "raw" TEXT,

    CONSTRAINT "snapshot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "token" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "role" "token_role" NOT NULL,
    "hash" TEXT NOT NULL,
    "host_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_by" TEXT,

    CONSTRAINT "token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "enrollment_token" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "host_name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "enrollment_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "token_id" UUID,
    "actor" TEXT NOT NULL,
    "role" "token_role" NOT NULL,
    "action" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "status" INTEGER NOT NULL,
    "request_hash" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "audit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "token_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "status" INTEGER,
    "body" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("token_id","key")
);

-- CreateTable
CREATE TABLE "setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "setting_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE UNIQUE INDEX "host_name_key" ON "host"("name");

-- CreateIndex
CREATE UNIQUE INDEX "host_queue_name_key" ON "host"("queue_name");

-- CreateIndex
CREATE INDEX "host_observation_host_id_at_idx" ON "host_observation"("host_id", "at");

-- CreateIndex
CREATE UNIQUE INDEX "power_domain_name_key" ON "power_domain"("name");

-- CreateIndex
CREATE UNIQUE INDEX "slot_host_id_name_key" ON "slot"("host_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "dut_asset_id_key" ON "dut"("asset_id");

-- CreateIndex
CREATE INDEX "dut_serial_idx" ON "dut"("serial");

-- CreateIndex
CREATE UNIQUE INDEX "dut_model_serial_twin_key" ON "dut"("model", "serial", "twin");

-- CreateIndex
CREATE INDEX "identity_observation_dut_id_at_idx" ON "identity_observation"("dut_id", "at");

-- CreateIndex
CREATE INDEX "identity_observation_slot_id_at_idx" ON "identity_observation"("slot_id", "at");

-- CreateIndex
CREATE INDEX "occupancy_dut_id_from_at_idx" ON "occupancy"("dut_id", "from_at");

-- CreateIndex
CREATE INDEX "occupancy_slot_id_from_at_idx" ON "occupancy"("slot_id", "from_at");

-- CreateIndex
CREATE UNIQUE INDEX "build_model_revision_sha256_key" ON "build"("model", "revision", "sha256");

-- CreateIndex
CREATE INDEX "namespace_format_dut_id_nsid_from_at_idx" ON "namespace_format"("dut_id", "nsid", "from_at");

-- CreateIndex
CREATE INDEX "topology_edge_child_kind_child_id_from_at_idx" ON "topology_edge"("child_kind", "child_id", "from_at");

-- CreateIndex
CREATE INDEX "topology_edge_parent_kind_parent_id_from_at_idx" ON "topology_edge"("parent_kind", "parent_id", "from_at");

-- CreateIndex
CREATE UNIQUE INDEX "plan_revision_hash_key" ON "plan_revision"("hash");

-- CreateIndex
CREATE INDEX "plan_revision_name_created_at_idx" ON "plan_revision"("name", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "data_sheet_model_hash_key" ON "data_sheet"("model", "hash");

-- CreateIndex
CREATE INDEX "campaign_created_at_id_idx" ON "campaign"("created_at", "id");

-- CreateIndex
CREATE INDEX "not_applicable_campaign_id_idx" ON "not_applicable"("campaign_id");

-- CreateIndex
CREATE INDEX "run_submitted_at_id_idx" ON "run"("submitted_at", "id");

-- CreateIndex
CREATE INDEX "run_campaign_id_dut_id_ordinal_idx" ON "run"("campaign_id", "dut_id", "ordinal");

-- CreateIndex
CREATE INDEX "run_dut_id_submitted_at_idx" ON "run"("dut_id", "submitted_at");

-- CreateIndex
CREATE INDEX "run_host_id_state_idx" ON "run"("host_id", "state");

-- CreateIndex
CREATE INDEX "run_plan_name_submitted_at_idx" ON "run"("plan_name", "submitted_at");

-- CreateIndex
CREATE INDEX "run_retry_of_id_idx" ON "run"("retry_of_id");

-- CreateIndex
CREATE INDEX "run_role_dut_id_idx" ON "run_role"("dut_id");

-- CreateIndex
CREATE UNIQUE INDEX "resource_kind_key_key" ON "resource"("kind", "key");

-- CreateIndex
CREATE INDEX "lease_run_id_epoch_idx" ON "lease"("run_id", "epoch");

-- CreateIndex
CREATE INDEX "attribution_run_id_id_idx" ON "attribution"("run_id", "id");

-- CreateIndex
CREATE INDEX "hold_dut_id_from_at_idx" ON "hold"("dut_id", "from_at");

-- CreateIndex
CREATE INDEX "criterion_result_run_id_evaluation_idx" ON "criterion_result"("run_id", "evaluation");

-- CreateIndex
CREATE UNIQUE INDEX "miscompare_run_id_seq_key" ON "miscompare"("run_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "snapshot_run_id_seq_key" ON "snapshot"("run_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "token_hash_key" ON "token"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "enrollment_token_hash_key" ON "enrollment_token"("hash");

-- CreateIndex
CREATE INDEX "audit_at_idx" ON "audit"("at");

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- AddForeignKey
ALTER TABLE "host_observation" ADD CONSTRAINT "host_observation_host_id_fkey" FOREIGN KEY ("host_id") REFERENCES "host"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "slot" ADD CONSTRAINT "slot_host_id_fkey" FOREIGN KEY ("host_id") REFERENCES "host"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "slot" ADD CONSTRAINT "slot_power_domain_id_fkey" FOREIGN KEY ("power_domain_id") REFERENCES "power_domain"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "identity_observation" ADD CONSTRAINT "identity_observation_dut_id_fkey" FOREIGN KEY ("dut_id") REFERENCES "dut"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "occupancy" ADD CONSTRAINT "occupancy_dut_id_fkey" FOREIGN KEY ("dut_id") REFERENCES "dut"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "occupancy" ADD CONSTRAINT "occupancy_slot_id_fkey" FOREIGN KEY ("slot_id") REFERENCES "slot"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "namespace_format" ADD CONSTRAINT "namespace_format_dut_id_fkey" FOREIGN KEY ("dut_id") REFERENCES "dut"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "campaign_plan" ADD CONSTRAINT "campaign_plan_campaign_id_fkey" FOREIGN KEY ("campaign_id") REFERENCES "campaign"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "campaign_plan" ADD CONSTRAINT "campaign_plan_plan_revision_id_fkey" FOREIGN KEY ("plan_revision_id") REFERENCES "plan_revision"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "not_applicable" ADD CONSTRAINT "not_applicable_campaign_id_fkey" FOREIGN KEY ("campaign_id") REFERENCES "campaign"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "not_applicable" ADD CONSTRAINT "not_applicable_dut_id_fkey" FOREIGN KEY ("dut_id") REFERENCES "dut"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_campaign_id_fkey" FOREIGN KEY ("campaign_id") REFERENCES "campaign"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_dut_id_fkey" FOREIGN KEY ("dut_id") REFERENCES "dut"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_plan_revision_id_fkey" FOREIGN KEY ("plan_revision_id") REFERENCES "plan_revision"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_resolved_hash_fkey" FOREIGN KEY ("resolved_hash") REFERENCES "resolved_plan"("hash") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_retry_of_id_fkey" FOREIGN KEY ("retry_of_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_host_id_fkey" FOREIGN KEY ("host_id") REFERENCES "host"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_slot_id_fkey" FOREIGN KEY ("slot_id") REFERENCES "slot"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_role" ADD CONSTRAINT "run_role_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_role" ADD CONSTRAINT "run_role_dut_id_fkey" FOREIGN KEY ("dut_id") REFERENCES "dut"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lease" ADD CONSTRAINT "lease_resource_id_fkey" FOREIGN KEY ("resource_id") REFERENCES "resource"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lease" ADD CONSTRAINT "lease_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attribution" ADD CONSTRAINT "attribution_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "hold" ADD CONSTRAINT "hold_dut_id_fkey" FOREIGN KEY ("dut_id") REFERENCES "dut"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "hold" ADD CONSTRAINT "hold_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "criterion_result" ADD CONSTRAINT "criterion_result_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "miscompare" ADD CONSTRAINT "miscompare_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "snapshot" ADD CONSTRAINT "snapshot_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "token" ADD CONSTRAINT "token_host_id_fkey" FOREIGN KEY ("host_id") REFERENCES "host"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Everything below is beyond what Prisma's schema can say.

-- A verdict only when finished, and then always.
ALTER TABLE "run" ADD CONSTRAINT "run_verdict_when_finished" CHECK (("state" = 'finished') = ("verdict" IS NOT NULL));
ALTER TABLE "run" ADD CONSTRAINT "run_place_when_assigned" CHECK ("state" IN ('queued', 'finished') OR ("host_id" IS NOT NULL AND "slot_id" IS NOT NULL AND "epoch" > 0));
ALTER TABLE "run" ADD CONSTRAINT "run_seed_is_64_bit" CHECK ("seed" ~ '^[0-9]{1,20}$');
ALTER TABLE "hold" ADD CONSTRAINT "hold_intent" CHECK ("intent" IN ('hold', 'quarantined'));
ALTER TABLE "attribution" ADD CONSTRAINT "attribution_confidence" CHECK ("confidence" BETWEEN 0 AND 1);
ALTER TABLE "attribution" ADD CONSTRAINT "attribution_decided" CHECK ("rule" IS NOT NULL OR "person" IS NOT NULL);
ALTER TABLE "token" ADD CONSTRAINT "token_agent_has_host" CHECK (("role" = 'agent') = ("host_id" IS NOT NULL));

-- At most one open row: promise 1 for leases, and facts that hold now.
CREATE UNIQUE INDEX "lease_live_key" ON "lease" ("resource_id") WHERE "ended_at" IS NULL;
CREATE UNIQUE INDEX "occupancy_open_slot_key" ON "occupancy" ("slot_id") WHERE "to_at" IS NULL;
CREATE UNIQUE INDEX "occupancy_open_dut_key" ON "occupancy" ("dut_id") WHERE "to_at" IS NULL;
CREATE UNIQUE INDEX "namespace_format_open_key" ON "namespace_format" ("dut_id", "nsid") WHERE "to_at" IS NULL;
CREATE UNIQUE INDEX "topology_edge_open_key" ON "topology_edge" ("child_kind", "child_id", "parent_kind") WHERE "to_at" IS NULL;
CREATE UNIQUE INDEX "hold_open_key" ON "hold" ("dut_id") WHERE "to_at" IS NULL;

-- The scheduler's and the reconciler's reading: few rows of many are not finished.
CREATE INDEX "run_unfinished_idx" ON "run" ("state", "priority" DESC, "submitted_at") WHERE "state" <> 'finished';
CREATE INDEX "run_unfinished_dut_idx" ON "run" ("dut_id") WHERE "state" <> 'finished';

-- What was said stays said.
CREATE FUNCTION "refuse_rewriting"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER "attribution_append_only" BEFORE UPDATE OR DELETE ON "attribution" FOR EACH ROW EXECUTE FUNCTION "refuse_rewriting"();
CREATE TRIGGER "identity_observation_append_only" BEFORE UPDATE OR DELETE ON "identity_observation" FOR EACH ROW EXECUTE FUNCTION "refuse_rewriting"();
CREATE TRIGGER "audit_append_only" BEFORE UPDATE ON "audit" FOR EACH ROW EXECUTE FUNCTION "refuse_rewriting"();

-- A DUT with the facts that hold now: where it is, what it last said it is, how its first namespace is formatted.
-- Labels are the slot's, overridden by the DUT's own. `conflict`, `intent` and `slot_blocked` each bar scheduling.
CREATE VIEW "dut_now" AS
SELECT
  d."id", d."asset_id", d."model", d."serial", d."twin", d."nguid", d."eui64",
  d."health", d."health_reason", d."intent", d."intent_reason", d."conflict",
  COALESCE(s."labels", '{}'::jsonb) || d."labels" AS "labels", d."labels" AS "own_labels", d."created_at",
  o."slot_id", o."from_at" AS "in_slot_since",
  s."name" AS "slot_name", s."state" AS "slot_state", s."transport", s."address", s."nqn", s."power_driver",
  s."power_domain_id", s."effects", s."blocked" AS "slot_blocked", s."removed_at" AS "slot_removed_at",
  s."host_id", h."name" AS "host_name", h."intent" AS "host_intent", h."observed" AS "host_observed",
  i."firmware", i."capacity_bytes", i."lba_formats_bytes", i."at" AS "identity_at",
  f."nsid", f."lba_bytes", f."metadata_bytes", f."lba_count"
FROM "dut" d
LEFT JOIN "occupancy" o ON o."dut_id" = d."id" AND o."to_at" IS NULL
LEFT JOIN "slot" s ON s."id" = o."slot_id"
LEFT JOIN "host" h ON h."id" = s."host_id"
LEFT JOIN LATERAL (
  SELECT * FROM "identity_observation" x WHERE x."dut_id" = d."id" ORDER BY x."at" DESC, x."id" DESC LIMIT 1
) i ON true
LEFT JOIN LATERAL (
  SELECT * FROM "namespace_format" x WHERE x."dut_id" = d."id" AND x."to_at" IS NULL ORDER BY x."nsid" LIMIT 1
) f ON true;
