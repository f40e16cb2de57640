-- The samples of one run: a row per ioworker and event, its fields as arrays of equal length (one place per interval).
-- $1 run id; $2, $3 key of the last row of the page before (seq, worker) or nulls; $4 step path or null; $5 rows at most.
-- Reads one partition (the day of the claim).
SELECT s.seq, s.worker, s.step_path AS path, s.iteration, s.interval, s.interval_ms AS "intervalMs", s.at_ms AS "atMs",
       s.reads, s.writes, s.others, s.read_bytes AS "readBytes", s.write_bytes AS "writeBytes", s.errors,
       s.latency_average_ns AS "latencyAverageNs", s.latency_max_ns AS "latencyMaxNs"
  FROM telemetry.sample s
 WHERE s.day = (SELECT (COALESCE(claimed_at, submitted_at) AT TIME ZONE 'UTC')::date FROM run WHERE id = $1)
   AND s.run_id = $1
   AND ($2::integer IS NULL OR (s.seq, s.worker) > ($2, $3::integer))
   AND ($4::text IS NULL OR s.step_path = $4)
 ORDER BY s.seq, s.worker
 LIMIT $5;
