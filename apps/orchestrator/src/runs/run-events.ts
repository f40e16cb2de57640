/** Reads a run's events as they came: bodies of samples and histograms are put together again from their own tables. */
import type { EventBody, Sample } from "@assay/protocol";
import type { Queryable } from "../platform/database";

export interface StoredEvent {
  seq: number;
  atMs: number;
  receivedAtMs: number;
  body: EventBody;
}

interface EventRow extends Record<string, unknown> {
  seq: number;
  at: Date;
  receivedAt: Date;
  type: EventBody["type"];
  body: EventBody | null;
}

const DAY_OF_RUN = "(SELECT (COALESCE(claimed_at, submitted_at) AT TIME ZONE 'UTC')::date FROM run WHERE id = $1)";

/** Events after `after`, in order, at most `limit`. */
export async function readRunEvents(
  database: Queryable,
  runId: string,
  after: number,
  limit: number,
): Promise<StoredEvent[]> {
  const rows = await database.query<EventRow>(
    `SELECT seq, at, received_at AS "receivedAt", type, body FROM telemetry.run_event
      WHERE day = ${DAY_OF_RUN} AND run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
    [runId, after, limit],
  );
  const missing = (type: string) => rows.filter((row) => row.type === type).map(({ seq }) => seq);
  const rebuilt = new Map<number, EventBody>([
    ...(await rebuildSamples(database, runId, missing("samples"))),
    ...(await rebuildHistograms(database, runId, missing("histogram"))),
  ]);
  return rows.map(({ seq, at, receivedAt, body }) => ({
    seq,
    atMs: at.getTime(),
    receivedAtMs: receivedAt.getTime(),
    // Where retention took the samples, the event stays without them.
    body: body ?? rebuilt.get(seq) ?? ({ type: "log", level: "info", text: "samples are no longer kept" } as const),
  }));
}

interface SampleRow extends Record<string, unknown> {
  seq: number;
  worker: number;
  path: string;
  iteration: number[];
  interval: number[];
  intervalMs: number[];
  atMs: bigint[];
  latencyAverageNs: number[];
  latencyMaxNs: number[];
}
const COUNTS = ["reads", "writes", "others", "readBytes", "writeBytes", "errors"] as const;

async function rebuildSamples(database: Queryable, runId: string, numbers: number[]): Promise<[number, EventBody][]> {
  if (numbers.length === 0) return [];
  const rows = await database.query<SampleRow>(
    `SELECT seq, worker, step_path AS path, iteration, interval, interval_ms AS "intervalMs", at_ms AS "atMs", reads, writes,
            others, read_bytes AS "readBytes", write_bytes AS "writeBytes", errors,
            latency_average_ns AS "latencyAverageNs", latency_max_ns AS "latencyMaxNs"
       FROM telemetry.sample WHERE day = ${DAY_OF_RUN} AND run_id = $1 AND seq = ANY($2) ORDER BY seq, worker`,
    [runId, numbers],
  );
  const events = new Map<number, Extract<EventBody, { type: "samples" }>>();
  for (const row of rows) {
    const { seq, path, iteration } = row;
    const event = events.get(seq) ?? { type: "samples", path, iteration, samples: [] };
    event.samples.push(...samplesOf(row));
    events.set(seq, event);
  }
  return [...events];
}

/** One row of arrays as samples. */
export function samplesOf(row: SampleRow): Sample[] {
  return row.interval.map((interval, n) => ({
    worker: row.worker,
    interval,
    intervalMs: row.intervalMs[n]!,
    atMs: Number(row.atMs[n]),
    ...(Object.fromEntries(COUNTS.map((name) => [name, Number((row[name] as bigint[])[n])])) as Record<
      (typeof COUNTS)[number],
      number
    >),
    latencyAverageNs: row.latencyAverageNs[n]!,
    latencyMaxNs: row.latencyMaxNs[n]!,
  }));
}

interface HistogramRow extends Record<string, unknown> {
  seq: number;
  path: string;
  iteration: number[];
  worker: number;
  operation: "read" | "write" | "other";
  fromAt: Date;
  toAt: Date;
  indexes: number[];
  counts: bigint[];
}

async function rebuildHistograms(
  database: Queryable,
  runId: string,
  numbers: number[],
): Promise<[number, EventBody][]> {
  if (numbers.length === 0) return [];
  const rows = await database.query<HistogramRow>(
    `SELECT seq, step_path AS path, iteration, worker, operation, from_at AS "fromAt", to_at AS "toAt",
            bucket_index AS indexes, bucket_count AS counts
       FROM telemetry.histogram WHERE day = ${DAY_OF_RUN} AND run_id = $1 AND seq = ANY($2)`,
    [runId, numbers],
  );
  return rows.map(({ seq, path, iteration, worker, operation, fromAt, toAt, indexes, counts }) => [
    seq,
    {
      ...{ type: "histogram", path, iteration, worker, operation, fromMs: fromAt.getTime(), toMs: toAt.getTime() },
      buckets: indexes.map((index, n) => [index, Number(counts[n])] as [number, number]),
    } as EventBody,
  ]);
}
