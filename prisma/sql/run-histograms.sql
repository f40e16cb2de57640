-- The latency of one run, all its workers, iterations and moments added up: a row per step, operation and bucket.
-- $1 run id; $2 step path or null; $3 worker or null. Buckets as libs/protocol/src/histogram.ts has them, ascending.
-- Reads one partition (the day of the claim).
SELECT h.step_path AS path, h.operation, bucket.index, sum(bucket.count)::bigint AS count,
       count(DISTINCT h.worker)::integer AS workers, min(h.from_at) AS "from", max(h.to_at) AS "to"
  FROM telemetry.histogram h
 CROSS JOIN LATERAL unnest(h.bucket_index, h.bucket_count) AS bucket (index, count)
 WHERE h.day = (SELECT (COALESCE(claimed_at, submitted_at) AT TIME ZONE 'UTC')::date FROM run WHERE id = $1)
   AND h.run_id = $1
   AND ($2::text IS NULL OR h.step_path = $2)
   AND ($3::integer IS NULL OR h.worker = $3)
 GROUP BY h.step_path, h.operation, bucket.index
 ORDER BY h.step_path, h.operation, bucket.index;
