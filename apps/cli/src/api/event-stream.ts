import { createParser, type EventSourceMessage } from "eventsource-parser";
import { type Address, reach } from "./connection";
import { ServerRefused } from "./server-errors";

/**
 * Server-sent events of `path` after number `after`, until the server ends the stream. Whoever loses the connection
 * calls again with the newest id: the server repeats nothing and leaves nothing out.
 */
export async function* readEventStream(
  { url, token }: Address,
  path: string,
  after: number | null,
  signal?: AbortSignal,
): AsyncGenerator<EventSourceMessage> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (after !== null) headers["Last-Event-ID"] = String(after);
  const response = await reach(url, () => fetch(new URL(path, url), { headers, signal }));
  if (!response.ok || response.body === null)
    throw new ServerRefused(response.status, await response.json().catch(() => null));
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => arrived.push(message) });
  const decoder = new TextDecoder();
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* arrived.splice(0);
  }
}
