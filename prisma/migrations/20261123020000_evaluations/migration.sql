-- Stored results judged again by other limits: who asked, why, by which limits, and what the verdict would have been. The
-- run's own verdict (evaluation 1 in criterion_result) stays as it is.
CREATE TABLE "evaluation" (
    "run_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "person" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "limits" JSONB NOT NULL DEFAULT '{}',
    "verdict" "verdict" NOT NULL,
    "verdict_reason" TEXT NOT NULL,
    "evaluator_version" INTEGER NOT NULL,

    CONSTRAINT "evaluation_pkey" PRIMARY KEY ("run_id","number")
);

-- AddForeignKey
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
