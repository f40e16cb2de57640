/** A run as it happens: its events in order, then its verdict, then the end. */
import type { Database } from "../platform/database";
import { readRunEvents, type StoredEvent } from "./run-events";

/** Rows are read again after so long without news; a ring is not needed for it. */
const LOOK_AGAIN_MS = 400;
const EVENTS_PER_READ = 500;
/** A comment now and then keeps proxies from closing the connection. */
const KEEP_ALIVE_MS = 15_000;

export interface StreamEnd {
  verdict: string;
  reason: string;
}

export type StreamPart = { event: StoredEvent } | { end: StreamEnd } | { alive: true };

/** Yields what comes after `after` until the verdict, or until `signal` says that nobody listens. */
export async function* followRun(
  database: Database,
  runId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<StreamPart> {
  let last = after;
  let quietMs = 0;
  while (!signal.aborted) {
    // The verdict is read first: every event of a run that has one is stored by then.
    const [run] = await database.query<{ verdict: string | null; reason: string | null; nextSeq: number }>(
      `SELECT verdict, verdict_reason AS reason, next_seq AS "nextSeq" FROM run WHERE id = $1`,
      [runId],
    );
    if (run === undefined) return;
    while (run.nextSeq - 1 > last) {
      const events = await readRunEvents(database, runId, last, EVENTS_PER_READ);
      if (events.length === 0) break;
      for (const event of events) yield { event };
      last = events[events.length - 1]!.seq;
      quietMs = 0;
    }
    if (run.verdict !== null) {
      yield { end: { verdict: run.verdict, reason: run.reason ?? "" } };
      return;
    }
    await pause(LOOK_AGAIN_MS, signal);
    quietMs += LOOK_AGAIN_MS;
    if (quietMs % KEEP_ALIVE_MS < LOOK_AGAIN_MS) yield { alive: true };
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/** One part as server-sent event text. */
export function toServerSentEvent(part: StreamPart): string {
  if ("alive" in part) return ": still here\n\n";
  if ("end" in part) return `event: verdict\ndata: ${JSON.stringify(part.end)}\n\n`;
  return `id: ${part.event.seq}\ndata: ${JSON.stringify(part.event)}\n\n`;
}
