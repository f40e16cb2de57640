-- One metric of one plan under two firmware revisions, by model and step: is B slower than A?
-- $1 plan name; $2 metric without its step; $3 step id (last part of the path); $4, $5 firmware as the drives said it at
-- the start; $6 model or null. Only runs with a valid measurement (passed, failed) and values without labels count.
SELECT m.model, m.step_path AS path, m.firmware,
       count(*)::integer AS "values", count(DISTINCT m.run_id)::integer AS runs, count(DISTINCT m.dut_id)::integer AS duts,
       avg(m.value) AS mean, stddev_samp(m.value) AS deviation, min(m.value) AS min, max(m.value) AS max,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value) AS median,
       percentile_cont(0.1) WITHIN GROUP (ORDER BY m.value) AS p10,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY m.value) AS p90,
       min(m.at) AS since, max(m.at) AS until
  FROM telemetry.metric m
  JOIN run ON run.id = m.run_id AND run.verdict IN ('passed', 'failed')
 WHERE m.plan_name = $1 AND m.metric = $2 AND m.firmware IN ($4, $5) AND m.value IS NOT NULL AND m.labels IS NULL
   AND (m.step_path = $3 OR m.step_path LIKE '%/' || $3)
   AND ($6::text IS NULL OR m.model = $6)
 GROUP BY m.model, m.step_path, m.firmware
 ORDER BY m.model, m.step_path, m.firmware;
