/** What a resolved step does to a drive: the runner's guard asks the same table that `parse` checks `effects` with. */
import type { Effect, ResolvedStep, WorkerOperation, ZoneStep } from "./model";

/**
 * Admin opcodes (NVM Express Base 2.0, figure 138) that leave the user's data and the drive's state as they are:
 * Get Log Page, Identify, Abort, Get Features, Keep Alive, and the reserved ones that conformance tests send.
 */
const HARMLESS_ADMIN = new Set([0x02, 0x06, 0x08, 0x0a, 0x18]);
/** Set Features, Asynchronous Event Request, self-test, Directive, Doorbell: change state, not data. */
const WRITING_ADMIN = new Set([0x09, 0x0c, 0x14, 0x19, 0x1a]);
/** First opcode of the ranges that are reserved, below those of I/O command sets (80h) and vendors (C0h). */
const RESERVED_ADMIN = { from: 0x4c, to: 0x7b };

/** Effect of a raw admin command, null for none. Anything unknown counts as the worst. */
export function adminEffect(opcode: number): Effect | null {
  if (HARMLESS_ADMIN.has(opcode)) return null;
  if (opcode >= RESERVED_ADMIN.from && opcode <= RESERVED_ADMIN.to) return null;
  return WRITING_ADMIN.has(opcode) ? "writes" : "destroys-data";
}

/** Operations of an ioworker that leave the user's data as they are. */
const HARMLESS_OPERATIONS: ReadonlySet<WorkerOperation> = new Set(["read", "flush", "compare", "verify"]);

/** Whether an ioworker changes data: by its sequence, by its operations, or by what it does not read. */
export function workerWrites(worker: {
  readPercent: unknown;
  operations: readonly { operation: WorkerOperation }[] | null;
  sequence: readonly { operation: WorkerOperation }[] | null;
}): boolean {
  const list = worker.sequence ?? worker.operations;
  if (list === null) return worker.readPercent !== 100;
  return list.some(({ operation }) => !HARMLESS_OPERATIONS.has(operation));
}

export function ioEffect(operation: WorkerOperation | "copy"): Effect | null {
  return operation !== "copy" && HARMLESS_OPERATIONS.has(operation) ? null : "writes";
}

/** Downloads and commits count as the raw commands do; a zone that is reset or taken offline loses its data. */
const ZONE_EFFECTS: Record<ZoneStep["action"], Effect | null> = {
  report: null,
  open: "writes",
  close: "writes",
  finish: "writes",
  append: "writes",
  reset: "destroys-data",
  offline: "destroys-data",
};

export function zoneEffect(action: ZoneStep["action"]): Effect | null {
  return ZONE_EFFECTS[action];
}

/** Effect of one resolved step; steps around others have none of their own. */
export function stepEffect(step: ResolvedStep): Effect | null {
  switch (step.kind) {
    case "format":
      return "destroys-data";
    case "power":
      return "power-cycles";
    case "ioworker":
      return workerWrites(step) ? "writes" : null;
    case "sanitize":
    case "namespace":
    case "firmware":
      return "destroys-data";
    case "self-test":
      return "writes";
    case "io":
      return ioEffect(step.operation);
    case "zone":
      return zoneEffect(step.action);
    case "admin":
      return adminEffect(step.opcode);
    default:
      return null;
  }
}
