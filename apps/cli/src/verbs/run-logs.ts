import { answer } from "../api/connection";
import { readEventStream } from "../api/event-stream";
import { takeItems } from "../api/pages";
import { ServerUnreachable } from "../api/server-errors";
import { exitCodeOf } from "../exit-codes";
import { describeEvent, type JournalledEvent } from "../show/describe-event";
import { formatTime } from "../show/quantities";
import { findRunId } from "./find-run";
import type { Session } from "./session";

/** More events than anybody reads at a terminal; the API has them all. */
const MOST_EVENTS = 1_000_000;
const RECONNECT_AFTER_MS = 1000;
/** Connections that brought nothing, in a row. */
const MOST_TRIES = 60;

export async function showLogs(session: Session, text: string, follow: boolean): Promise<void> {
  const id = await findRunId(session.api(), text);
  if (follow) await followLog(session, id);
  else await printLog(session, id);
}

async function printLog(session: Session, id: string): Promise<void> {
  const api = session.api();
  const printer = session.printer();
  await takeItems(MOST_EVENTS, async (cursor, limit) => {
    const after = cursor === undefined ? undefined : Number(cursor);
    const page = await answer(
      api.GET("/api/v1/runs/{id}/events", { params: { path: { id }, query: { after, limit } } }),
    );
    for (const event of page.items) show(session, event as JournalledEvent);
    const last = page.items.at(-1);
    return { items: page.items, nextCursor: page.items.length < limit || last === undefined ? null : String(last.seq) };
  });
  printer.clearProgress();
}

/** Ends after the verdict, which decides the exit code. A lost connection is taken up again where it broke. */
async function followLog(session: Session, id: string): Promise<void> {
  const path = `/api/v1/runs/${id}/stream`;
  let after: number | null = null;
  for (let tries = 0; ; tries++) {
    try {
      for await (const message of readEventStream(session.address(), path, after)) {
        tries = 0;
        if (message.event === "verdict") {
          const { verdict, reason } = JSON.parse(message.data) as { verdict: string; reason: string | null };
          session.printer().remark(`verdict: ${verdict}${reason ? ` (${reason})` : ""}`);
          session.setExitCode(exitCodeOf([verdict]));
          return;
        }
        if (message.id === undefined) continue;
        after = Number(message.id);
        show(session, JSON.parse(message.data) as JournalledEvent);
      }
    } catch (error) {
      const passing = error instanceof ServerUnreachable || error instanceof TypeError;
      if (!passing || tries >= MOST_TRIES) throw error;
    }
    if (tries >= MOST_TRIES) throw new ServerUnreachable(session.address().url, "the stream ended again and again");
    await session.pause(RECONNECT_AFTER_MS);
  }
}

function show(session: Session, event: JournalledEvent): void {
  session.printer().streamed(event, () => {
    const text = describeEvent(event);
    return text === null ? null : `${formatTime(event.atMs)}  ${text}`;
  });
}
