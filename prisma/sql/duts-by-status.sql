-- Which drives ever answered a command with this status: "all DUTs that returned 02/81 on build B8".
-- $1 sct; $2 sc; $3 opcode or null; $4 firmware at the start of the run or null; $5 rows at most.
-- From the flight recorders that were kept; counts are of what a recorder still held at the end of its run.
SELECT dut.serial, dut.model, run.firmware_at_start AS firmware, c.opcode, sum(c.count)::integer AS count,
       count(DISTINCT run.id)::integer AS runs, min(c.first_at) AS since, max(c.last_at) AS until
  FROM telemetry.cmdlog_status c
  JOIN run ON run.id = c.run_id
  JOIN dut ON dut.id = run.dut_id
 WHERE c.sct = $1 AND c.sc = $2 AND NOT c.outstanding
   AND ($3::integer IS NULL OR c.opcode = $3)
   AND ($4::text IS NULL OR run.firmware_at_start = $4)
 GROUP BY dut.serial, dut.model, run.firmware_at_start, c.opcode
 ORDER BY max(c.last_at) DESC
 LIMIT $5;
