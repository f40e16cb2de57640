-- The plan of one run as it was pushed, as it was bound and what it was bound to: all that is needed to run it again.
-- $1 run id. One row; `sheet` is null where the plan was bound without a data sheet.
SELECT plan_revision.name, plan_revision.version, plan_revision.hash, run.source_hash AS "sourceHash",
       run.resolved_hash AS "resolvedHash", run.stimulus_hash AS "stimulusHash", plan_revision.source,
       resolved_plan.body AS resolved, data_sheet.hash AS "sheetHash", data_sheet.sheet
  FROM run
  JOIN plan_revision ON plan_revision.id = run.plan_revision_id
  JOIN resolved_plan ON resolved_plan.hash = run.resolved_hash
  LEFT JOIN dut ON dut.id = run.dut_id
  LEFT JOIN data_sheet ON data_sheet.hash = run.data_sheet_hash AND data_sheet.model = dut.model
 WHERE run.id = $1;
