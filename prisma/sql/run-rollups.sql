-- One run by the minute: a row per step, worker and minute, oldest first, a page at a time.
-- $1 run id; $2..$4 key of the last row of the page before (minute, path, worker) or nulls; $5 step path or null;
-- $6 rows at most. Reads one partition (the day of the claim). Filled when a run has ended.
SELECT r.minute, r.step_path AS path, r.worker, r.interval_ms AS "intervalMs", r.reads, r.writes, r.others,
       r.read_bytes AS "readBytes", r.write_bytes AS "writeBytes", r.errors,
       r.latency_average_ns AS "latencyAverageNs", r.latency_max_ns AS "latencyMaxNs"
  FROM telemetry.sample_rollup r
 WHERE r.day = (SELECT (COALESCE(claimed_at, submitted_at) AT TIME ZONE 'UTC')::date FROM run WHERE id = $1)
   AND r.run_id = $1
   AND ($2::timestamptz IS NULL OR (r.minute, r.step_path, r.worker) > ($2, $3::text, $4::integer))
   AND ($5::text IS NULL OR r.step_path = $5)
 ORDER BY r.minute, r.step_path, r.worker
 LIMIT $6;
