-- The drive's own pages as one run read them, in order, a page at a time.
-- $1 run id; $2 seq of the last row of the page before or null; $3 what was read (`of`) or null; $4 step path or null;
-- $5 whether the raw page comes with it; $6 rows at most.
SELECT s.seq, s.at, s.kind, s.step_path AS path, s.iteration, s.of, s.fields, CASE WHEN $5 THEN s.raw END AS raw
  FROM snapshot s
 WHERE s.run_id = $1
   AND ($2::integer IS NULL OR s.seq > $2)
   AND ($3::text IS NULL OR s.of = $3)
   AND ($4::text IS NULL OR s.step_path = $4)
 ORDER BY s.seq
 LIMIT $6;
