/**
 * What events become in the database: pure. One table by event type; the compiler finds a type without a line.
 * Every event is also stored as it came (`run_event`).
 */
import type { EventBody, EventType, RunEvent } from "@assay/protocol";
import type { RowSet } from "./copy-rows";
import { clampInteger, jsonText, momentText, RowCollector } from "./row-collector";
import { projectSamples } from "./sample-rows";

/** What the rows need to know of the run. */
export interface RunFacts {
  runId: string;
  epoch: number;
  /** UTC date of the claim. */
  day: string;
  dutId: string;
  model: string;
  planName: string;
  firmwareAtStart: string | null;
}

/** Columns of `run` that events set; absent keys stay as they are. */
export type RunChanges = Record<string, string | number | null>;

export interface IdentitySeen {
  at: string;
  event: Extract<EventBody, { type: "identity" }>;
}

export interface Projection {
  rows: RowSet[];
  run: RunChanges;
  /** Identities that match the run's DUT, in order. */
  identities: IdentitySeen[];
  /** The run has said its last word, or has concluded: look at it. */
  finished: boolean;
  ended: boolean;
}

interface Sink {
  facts: RunFacts;
  seq: number;
  at: string;
  rows: RowCollector;
  projection: Projection;
}

type Projector<T extends EventType> = (body: Extract<EventBody, { type: T }>, sink: Sink) => void;
const asItCame = () => {};

const PROJECTORS: { [T in EventType]: Projector<T> } = {
  started(body, { projection, at }) {
    Object.assign(projection.run, {
      started_at: at,
      agent_version: body.agentVersion,
      driver_version: body.driverVersion,
      host_implementation: body.hostImplementation,
      kernel: body.kernel,
      boot_id: body.bootId,
    });
  },
  identity(body, { projection, facts, at }) {
    if (!body.matches) return;
    projection.identities.push({ at, event: body });
    const firmware = body.identity.firmware;
    if (facts.firmwareAtStart === null) {
      facts.firmwareAtStart = firmware;
      projection.run.firmware_at_start = firmware;
    }
    projection.run.firmware_at_end = firmware;
  },
  refused: asItCame,
  "step-started": asItCame,
  "step-finished": asItCame,
  "effect-intent"(body, { rows, seq, at }) {
    rows.add("effect", [seq, at, "intent", body.path, body.iteration, body.effect, null, null, jsonText(body.detail)]);
  },
  "effect-outcome"(body, { rows, seq, at }) {
    const detail = jsonText(body.detail);
    rows.add("effect", [seq, at, "outcome", body.path, body.iteration, body.effect, body.ok, body.witness, detail]);
  },
  metrics(body, { rows, facts, seq, at }) {
    const labels = Object.keys(body.labels).length === 0 ? null : jsonText(body.labels);
    const whose = [facts.dutId, facts.planName, facts.model, facts.firmwareAtStart ?? ""];
    for (const [metric, value] of Object.entries(body.values)) {
      const number = typeof value === "number" ? value : null;
      const flag = typeof value === "boolean" ? value : null;
      const text = typeof value === "string" ? value : null;
      rows.add("metric", [seq, ...whose, body.path, body.iteration, metric, number, flag, text, labels, at]);
    }
  },
  samples(body, { rows, seq }) {
    for (const row of projectSamples(seq, body)) rows.add("sample", row);
  },
  histogram(body, { rows, seq }) {
    const indexes = body.buckets.map(([index]) => clampInteger(index));
    const counts = body.buckets.map(([, count]) => count);
    const when = [momentText(body.fromMs), momentText(body.toMs)];
    rows.add("histogram", [
      seq,
      body.path,
      body.iteration,
      clampInteger(body.worker),
      body.operation,
      ...when,
      indexes,
      counts,
    ]);
  },
  snapshot(body, { rows, seq, at }) {
    rows.add("snapshot", [seq, at, "snapshot", body.path, body.iteration, body.of, jsonText(body.fields), body.raw]);
  },
  capture(body, { rows, seq, at }) {
    rows.add("snapshot", [seq, at, "capture", "", [], body.of, jsonText(body.fields), body.raw]);
  },
  miscompare(body, { rows, seq, at }) {
    const tokens = [body.expectedToken, body.gotToken, body.expectedLba, body.gotLba];
    const where = [
      body.path,
      body.iteration,
      clampInteger(body.nsid),
      body.lba,
      body.kind,
      clampInteger(body.byteOffset),
    ];
    rows.add("miscompare", [seq, at, ...where, ...tokens, body.expected, body.got]);
  },
  status(body, { rows, seq }) {
    const code = [clampInteger(body.opcode), clampInteger(body.sct), clampInteger(body.sc), body.count];
    rows.add("status", [seq, body.path, body.iteration, ...code, momentText(body.firstMs), momentText(body.lastMs)]);
  },
  frozen({ type: _, ...at }, { projection, at: when }) {
    Object.assign(projection.run, { frozen: JSON.stringify(at), frozen_at: when, released_at: null });
  },
  released(_body, { projection, at }) {
    projection.run.released_at = at;
  },
  log: asItCame,
  criterion: asItCame,
  exposure(body, { projection }) {
    Object.assign(projection.run, {
      powered_ms: Math.round(body.poweredMs),
      read_bytes: body.readBytes,
      written_bytes: body.writtenBytes,
      power_cycles: clampInteger(body.powerCycles),
      resets: clampInteger(body.resets),
    });
  },
  finished(_body, { projection, at }) {
    projection.run.finished_at = at;
    projection.finished = true;
  },
  gap: asItCame,
  ended(_body, { projection, at }) {
    projection.run.ended_at = at;
    projection.ended = true;
  },
};

/** Rebuilt from their own tables when they are read. */
const STORED_ELSEWHERE: ReadonlySet<EventType> = new Set<EventType>(["samples", "histogram"]);

/** Rows and run columns for these events of one run. */
export function projectEvents(given: RunFacts, events: readonly RunEvent[], receivedAt: Date): Projection {
  const facts = { ...given };
  const rows = new RowCollector(facts);
  const projection: Projection = { rows: [], run: {}, identities: [], finished: false, ended: false };
  const received = receivedAt.toISOString();
  for (const { seq, atMs, body } of events) {
    const at = momentText(atMs);
    const stored = STORED_ELSEWHERE.has(body.type) ? null : JSON.stringify(body);
    rows.add("run_event", [seq, facts.epoch, at, received, body.type, stored]);
    const project = PROJECTORS[body.type] as Projector<EventType>;
    project(body, { facts, seq, at, rows, projection });
  }
  projection.rows = rows.sets();
  return projection;
}
