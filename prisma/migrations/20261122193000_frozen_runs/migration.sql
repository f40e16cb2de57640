-- A run whose drive a worker has frozen at an error (a plan's `onError: freeze`), and who let it go.
ALTER TABLE "run" ADD COLUMN "frozen" JSONB;
ALTER TABLE "run" ADD COLUMN "frozen_at" TIMESTAMPTZ(3);
ALTER TABLE "run" ADD COLUMN "released_at" TIMESTAMPTZ(3);
ALTER TABLE "run" ADD COLUMN "release_requested_by" TEXT;
ALTER TABLE "run" ADD COLUMN "release_reason" TEXT;
