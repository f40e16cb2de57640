/**
 * An event that can never be stored as what it says it is must neither be sent for ever nor keep those behind it from being
 * stored: it is kept as it came, a `gap` takes its number, and no criterion that it touches is believed. Pure.
 */
import { type EventBody, eventBodySchema, type RunEvent } from "@assay/protocol";
import { lacksPartition } from "./partitions";

/** An event of which only number and time are known to be right. */
export interface RawEvent {
  seq: number;
  atMs: number;
  body?: unknown;
}

export interface QuarantinedEvent {
  seq: number;
  atMs: number;
  /** As it calls itself. */
  type: string;
  reason: string;
  /** `<step>.<metric>` that it carried; null: it may have said anything. */
  metrics: string[] | null;
  /** JSON as it came. */
  body: string;
}

export interface ReadEvents {
  events: RunEvent[];
  /** Their places in `events` are taken by gaps. */
  quarantined: QuarantinedEvent[];
}

const MAX_REASON = 1000;
/** Types that no criterion and no verdict is made from. */
const TELLS_NO_VERDICT: ReadonlySet<string> = new Set<EventBody["type"]>([
  ...(["started", "identity", "step-started", "step-finished", "effect-intent", "effect-outcome", "samples"] as const),
  ...(["histogram", "snapshot", "log", "criterion", "capture", "exposure", "finished", "gap", "ended"] as const),
]);

/** Every event that the protocol knows as it is, a gap for every other one. */
export function readEvents(raw: readonly RawEvent[]): ReadEvents {
  const read: ReadEvents = { events: [], quarantined: [] };
  for (const { seq, atMs, body } of raw) {
    const parsed = eventBodySchema.safeParse(body);
    if (parsed.success) {
      read.events.push({ seq, atMs, body: parsed.data });
      continue;
    }
    const issue = parsed.error.issues[0];
    const where = issue === undefined ? "" : `${issue.path.map(String).join(".")}: ${issue.message}`;
    const event = quarantine({ seq, atMs, body }, `the protocol does not know it: ${where}`);
    read.quarantined.push(event);
    read.events.push(gapOf(event));
  }
  return read;
}

export function quarantine({ seq, atMs, body }: RawEvent, reason: string): QuarantinedEvent {
  const text = (JSON.stringify(body) ?? "null").replaceAll("\0", "");
  return { seq, atMs, type: typeOf(body), reason: reason.slice(0, MAX_REASON), metrics: metricsOf(body), body: text };
}

export function gapOf({ seq, atMs, type, reason }: QuarantinedEvent): RunEvent {
  return { seq, atMs, body: { type: "gap", fromSeq: seq, toSeq: seq, shed: type, reason } };
}

function typeOf(body: unknown): string {
  const type = (body as { type?: unknown } | null | undefined)?.type;
  return typeof type === "string" && /^[a-z-]{1,32}$/.test(type) ? type : "unreadable";
}

function metricsOf(body: unknown): string[] | null {
  const { type, path, values } = (body ?? {}) as { type?: unknown; path?: unknown; values?: unknown };
  if (typeof type === "string" && TELLS_NO_VERDICT.has(type)) return [];
  if (type !== "metrics" || typeof path !== "string" || typeof values !== "object" || values === null) return null;
  const step = path.slice(path.lastIndexOf("/") + 1);
  return Object.keys(values).map((metric) => `${step}.${metric}`);
}

/** Why the same rows would be refused again whenever they come; null for what may pass. */
export function lastingRefusal(error: unknown): string | null {
  if (error instanceof RangeError || error instanceof SyntaxError) return `it cannot be read: ${error.message}`;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  if (typeof code !== "string" || lacksPartition(error)) return null;
  return /^(22|23|54)[0-9A-Z]{3}$/.test(code) ? `the database refuses it (${code}): ${message}` : null;
}
