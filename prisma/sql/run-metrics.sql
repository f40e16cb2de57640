-- The numbers of one run, in the order in which they were measured, a page at a time.
-- $1 run id; $2..$4 key of the last row of the page before (seq, metric, labels as text) or nulls;
-- $5 step path or null; $6 metric without its step or null; $7 rows at most.
-- One row per value: exactly one of value, flag and text is set. Reads one partition (the day of the claim).
SELECT m.seq, m.at, m.step_path AS path, m.iteration, m.metric, m.value, m.flag, m.text, m.labels,
       COALESCE(m.labels::text, '') AS "labelsText"
  FROM telemetry.metric m
 WHERE m.day = (SELECT (COALESCE(claimed_at, submitted_at) AT TIME ZONE 'UTC')::date FROM run WHERE id = $1)
   AND m.run_id = $1
   AND ($2::integer IS NULL OR (m.seq, m.metric, COALESCE(m.labels::text, '')) > ($2, $3::text, $4::text))
   AND ($5::text IS NULL OR m.step_path = $5)
   AND ($6::text IS NULL OR m.metric = $6)
 ORDER BY m.seq, m.metric, COALESCE(m.labels::text, '')
 LIMIT $7;
