/** What the steps do to the drive must stand in `effects`, for every reader and for the host's guard. */
import type { Effect, WorkerOperation, ZoneStep } from "../model";
import { adminEffect, ioEffect, workerWrites, zoneEffect } from "../step-effects";
import type { Check } from "./check";
import type { DraftStep } from "./draft";

/** `destroys-data` allows writes too. */
const COVERED_BY: Record<Effect, readonly Effect[]> = {
  writes: ["writes", "destroys-data"],
  "destroys-data": ["destroys-data"],
  "power-cycles": ["power-cycles"],
};

export const checkEffects: Check = (draft, report) => {
  const declared = draft.spec.body.effects as Effect[] | undefined;
  const needs = draft.spec.body.needs as { power: string | null } | undefined;
  for (const step of draft.all) {
    const effect = effectOf(step);
    const shown = step.id === null ? `this ${step.kind} step` : `the ${step.kind} step \`${step.id}\``;
    if (effect && declared && !COVERED_BY[effect].some((word) => declared.includes(word)))
      report(
        step.path,
        `${shown} ${WHY[effect]}: the plan must say \`effects: [${[...declared, effect].join(", ")}]\``,
        "key",
      );
    if (step.kind === "power" && needs && needs.power !== "cut")
      report(step.path, `${shown} switches power: the plan must say \`needs: {power: cut}\``, "key");
  }
};

const WHY: Record<Effect, string> = {
  writes: "writes",
  "destroys-data": "destroys data",
  "power-cycles": "switches power",
};

function workerOf({ read, operations, sequence }: DraftStep["body"]): boolean {
  const list = (value: unknown) => (Array.isArray(value) ? (value as { operation: WorkerOperation }[]) : null);
  return workerWrites({ readPercent: read, operations: list(operations), sequence: list(sequence) });
}

/** A value that is not known yet (a parameter) counts as the worse one. */
function effectOf({ kind, body }: DraftStep): Effect | null {
  if (["format", "sanitize", "namespace", "firmware"].includes(kind)) return "destroys-data";
  if (kind === "zone")
    return typeof body.action === "string" ? zoneEffect(body.action as ZoneStep["action"]) : "destroys-data";
  if (kind === "self-test") return "writes";
  if (kind === "io") return typeof body.operation === "string" ? ioEffect(body.operation as WorkerOperation) : "writes";
  if (kind === "power") return "power-cycles";
  if (kind === "ioworker") return workerOf(body) ? "writes" : null;
  if (kind === "admin") return typeof body.opcode === "number" ? adminEffect(body.opcode) : "destroys-data";
  return null;
}
