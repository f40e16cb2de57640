-- How the criteria of one run came out, every evaluation of them, oldest first, a page at a time.
-- $1 run id; $2 id of the last row of the page before, or 0; $3 rows at most.
SELECT id, evaluation, criterion_id AS criterion, iteration, outcome, metric, value, comparison, inputs, observations,
       requirement, reason, evaluator_version AS "evaluatorVersion", at
  FROM criterion_result
 WHERE run_id = $1 AND id > $2
 ORDER BY id
 LIMIT $3;
