import { type Address, reach } from "./connection";
import { ServerRefused, ServerUnreachable } from "./server-errors";

/** A line of a report (apps/orchestrator results/report.ts): what it is, the run that it belongs to, and its fields. */
export type ReportRecord = { record: string; run?: string } & Record<string, unknown>;

/** Longest silence between two parts of a report. */
const SILENT_AT_MOST_MS = 60_000;
/** A run with its plan is the longest record. */
const MAX_LINE_CHARACTERS = 64 * 1024 * 1024;

/**
 * The records of a report, in order; `end` is the last.
 * @throws ServerUnreachable where the connection ended before the report did
 */
export async function* readReport({ url, token }: Address, path: string): AsyncGenerator<ReportRecord> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_AT_MOST_MS);
  try {
    const headers: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` };
    const response = await reach(url, () => fetch(new URL(path, url), { headers, signal: silence.signal }));
    if (!response.ok || response.body === null)
      throw new ServerRefused(response.status, await response.json().catch(() => null));
    const decoder = new TextDecoder();
    let rest = "";
    const body = response.body as AsyncIterable<Uint8Array>;
    for await (const chunk of body) {
      clearTimeout(timer);
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      if (rest.length > MAX_LINE_CHARACTERS) throw new Error("a line of the report is too long");
      for (const line of lines) {
        const record = JSON.parse(line) as ReportRecord;
        yield record;
        if (record.record === "end") return;
      }
      timer = setTimeout(() => silence.abort(), SILENT_AT_MOST_MS);
    }
    throw new Error("the report ended before its last record");
  } catch (error) {
    if (error instanceof ServerRefused || error instanceof ServerUnreachable) throw error;
    throw new ServerUnreachable(url, error);
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}
