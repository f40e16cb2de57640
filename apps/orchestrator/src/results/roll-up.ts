/** Samples by the minute, kept when the samples have gone. Made when a run has ended, and at the latest before they go. */
import type { Queryable } from "../platform/database";

/** The last moment that the database knows, ms: an agent's clock can say anything. */
const LAST_MS = Date.UTC(9999, 11, 31);

/** Rolls up what a run has sampled; done again it does nothing. `day`: UTC date of its claim. @returns rows made. */
export async function rollUp(database: Queryable, runId: string, day: string): Promise<number> {
  const made = await database.query(ROLL_UP, [day, runId]);
  return made.length;
}

/** Runs of these days that have samples and no roll-up, at most `limit`. */
export function findNotRolledUp(
  database: Queryable,
  from: string,
  to: string,
  limit: number,
): Promise<{ runId: string; day: string }[]> {
  return database.query(
    `SELECT DISTINCT sample.run_id AS "runId", to_char(sample.day, 'YYYY-MM-DD') AS day FROM telemetry.sample
      WHERE day >= $1::date AND day < $2::date
        AND NOT EXISTS (SELECT 1 FROM telemetry.sample_rollup its WHERE its.day = sample.day AND its.run_id = sample.run_id)
      LIMIT $3`,
    [from, to, limit],
  );
}

const ROLL_UP = `
INSERT INTO telemetry.sample_rollup (day, run_id, step_path, worker, minute, interval_ms, reads, writes, others, read_bytes,
                                     write_bytes, errors, latency_average_ns, latency_max_ns)
SELECT s.day, s.run_id, s.step_path, s.worker, date_trunc('minute', to_timestamp(LEAST(it.at_ms, ${LAST_MS}) / 1000.0)),
       sum(it.interval_ms), sum(it.reads), sum(it.writes), sum(it.others), sum(it.read_bytes), sum(it.write_bytes), sum(it.errors),
       sum(it.latency_average_ns * (it.reads + it.writes + it.others)) / NULLIF(sum(it.reads + it.writes + it.others), 0)::float8,
       max(it.latency_max_ns)
  FROM telemetry.sample s
 CROSS JOIN LATERAL unnest(s.interval_ms, s.at_ms, s.reads, s.writes, s.others, s.read_bytes, s.write_bytes, s.errors,
                           s.latency_average_ns, s.latency_max_ns)
   AS it (interval_ms, at_ms, reads, writes, others, read_bytes, write_bytes, errors, latency_average_ns, latency_max_ns)
 WHERE s.day = $1 AND s.run_id = $2
 GROUP BY s.day, s.run_id, s.step_path, s.worker, 5
    ON CONFLICT DO NOTHING
RETURNING 1`;
