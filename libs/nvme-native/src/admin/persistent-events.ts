/** The persistent event log, 0Dh (NVMe Base 2.0, 5.16.1.14). Decoders are pure. */

import { field, fieldText } from "../buffer/field";
import { bytes as checkBytes, having, U32 } from "../check";
import { expectStatus } from "../command/expect-status";
import type { Controller } from "../contract/controller";

const LID = 0x0d;
const HEADER_BYTES = 512;
const READ = 0;
const ESTABLISH = 1;
const RELEASE = 2;
/** Logs beyond this are read up to here. */
const MAX_LOG_BYTES = 1 << 20;
const LEAST_EVENT_BYTES = 24;
const TYPES: Record<number, string> = {
  1: "smart",
  2: "firmwareCommit",
  3: "timestampChange",
  4: "powerOnOrReset",
  5: "hardwareError",
  6: "namespaceChange",
  7: "formatStart",
  8: "formatCompletion",
  9: "sanitizeStart",
  10: "sanitizeCompletion",
  11: "setFeature",
  12: "telemetryCreated",
  13: "thermalExcursion",
  222: "vendor",
  223: "tcg",
};

/** One event of the log. */
export interface PersistentEvent {
  type: number;
  /** Null: no name here. */
  name: string | null;
  /** Of the drive's Timestamp feature, ms. */
  timestampMs: number;
  /** As figures 213 to 226 lay it out. */
  data: Uint8Array;
}

/** The header of the log, and its events. */
export interface PersistentEventLog {
  totalEvents: number;
  logBytes: bigint;
  timestampMs: number;
  powerOnHours: bigint;
  powerCycles: bigint;
  serial: string;
  supported: number[];
  /** The newest first. */
  events: PersistentEvent[];
}

const timestamp = (bytes: Uint8Array, at: number) => Number(field(bytes, at + 5, at));

/** An event that reaches beyond the page ends the list: what follows it cannot be found. */
export function decodePersistentEvents(page: Uint8Array): PersistentEventLog {
  checkBytes("page", page, HEADER_BYTES, U32);
  const totalEvents = Number(field(page, 7, 4));
  const events: PersistentEvent[] = [];
  let at = Number(field(page, 19, 18)) + 20;
  while (events.length < totalEvents && at + LEAST_EVENT_BYTES <= page.length) {
    const header = page[at + 2]! + 3;
    const vendor = Number(field(page, at + 21, at + 20));
    const length = Number(field(page, at + 23, at + 22));
    const end = at + header + length;
    if (header < LEAST_EVENT_BYTES || vendor > length || end > page.length) break;
    const type = page[at]!;
    const data = page.slice(at + header + vendor, end);
    events.push({ type, name: TYPES[type] ?? null, timestampMs: timestamp(page, at + 6), data });
    at = end;
  }
  const supported = Array.from({ length: 256 }, (_, type) => type).filter(
    (type) => (page[480 + (type >> 3)]! >> (type & 7)) & 1,
  );
  return {
    totalEvents,
    logBytes: field(page, 15, 8),
    timestampMs: timestamp(page, 20),
    powerOnHours: field(page, 35, 28),
    powerCycles: field(page, 51, 44),
    serial: fieldText(page, 75, 56),
    supported,
    events,
  };
}

/** Establishes a context, reads all of it and releases it. @throws StatusExpectationError where the drive refuses. */
export async function readPersistentEvents(controller: Controller): Promise<PersistentEventLog> {
  having("controller", controller, ["getLogPage", "identity"]);
  const piece = async (bytes: number, offset: number, action: number) => {
    const { completion, data } = await controller.getLogPage(LID, bytes, { offset, lsp: action });
    expectStatus(completion);
    return data;
  };
  const header = await piece(HEADER_BYTES, 0, ESTABLISH);
  try {
    const told = Number(field(header, 15, 8));
    const bytes = Math.ceil(Math.min(Math.max(told, HEADER_BYTES), MAX_LOG_BYTES) / 4) * 4;
    const page = new Uint8Array(bytes);
    const most = Math.min(controller.identity.mdtsBytes, 65_536);
    for (let at = 0; at < bytes; at += most) page.set(await piece(Math.min(most, bytes - at), at, READ), at);
    return decodePersistentEvents(page);
  } finally {
    await controller.getLogPage(LID, 4, { lsp: RELEASE });
  }
}
