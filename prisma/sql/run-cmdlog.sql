-- The flight recorders of one run's newest epoch that sent any.
-- $1 run id. One row per queue; `data` is the file as the host sent it (libs/protocol/src/cmdlog.ts).
SELECT c.qid, c.label, c.received_at AS "receivedAt", c.data
  FROM telemetry.cmdlog_segment c
 WHERE c.day = (SELECT (COALESCE(claimed_at, submitted_at) AT TIME ZONE 'UTC')::date FROM run WHERE id = $1)
   AND c.run_id = $1
   AND c.epoch = (SELECT max(x.epoch) FROM telemetry.cmdlog_segment x WHERE x.day = c.day AND x.run_id = c.run_id)
 ORDER BY c.qid;
