-- The runs of one campaign, all attempts, by drive and in the order of its plans, a page at a time.
-- $1 campaign id; $2..$5 key of the last row of the page before (serial, ordinal, attempt, id) or nulls; $6 rows at most.
SELECT dut.serial, run.ordinal, run.attempt, run.id
  FROM run JOIN dut ON dut.id = run.dut_id
 WHERE run.campaign_id = $1
   AND ($2::text IS NULL OR (dut.serial, run.ordinal, run.attempt, run.id) > ($2, $3::integer, $4::integer, $5::uuid))
 ORDER BY dut.serial, run.ordinal, run.attempt, run.id
 LIMIT $6;
