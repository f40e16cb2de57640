-- Verdicts of one plan under two firmware revisions, by model: is B flakier than A?
-- $1 plan name; $2, $3 firmware as the drives said it at the start; $4 model or null.
SELECT dut.model, run.firmware_at_start AS firmware, count(*)::integer AS runs,
       count(*) FILTER (WHERE run.verdict = 'passed')::integer AS passed,
       count(*) FILTER (WHERE run.verdict = 'failed')::integer AS failed,
       count(*) FILTER (WHERE run.verdict = 'errored')::integer AS errored,
       count(*) FILTER (WHERE run.verdict = 'aborted')::integer AS aborted,
       min(run.started_at) AS since, max(run.started_at) AS until
  FROM run JOIN dut ON dut.id = run.dut_id
 WHERE run.plan_name = $1 AND run.firmware_at_start IN ($2, $3) AND run.state = 'finished'
   AND ($4::text IS NULL OR dut.model = $4)
 GROUP BY dut.model, run.firmware_at_start
 ORDER BY dut.model, run.firmware_at_start;
