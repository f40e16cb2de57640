/** Bindings that may be absent, or stay open until the run. */
import type { RandomDuration } from "../document/late";
import type { Bound } from "../document/values";
import type { Late } from "../model";
import type { Path } from "../parse/positions";
import type { RegionContext } from "./regions";

export function bindOptional(value: Bound<number> | null, path: Path, { bindings }: RegionContext): number | null {
  return value === null ? null : bindings.bind(value, path);
}

export function bindLate(
  value: Bound<number> | RandomDuration | null,
  path: Path,
  { bindings, report }: RegionContext,
): Late<number> | null {
  if (value === null) return null;
  if (typeof value === "number" || !("random" in value)) return bindings.bind(value, path);
  const from = bindings.bind(value.random[0], [...path, "random", 0]);
  const to = bindings.bind(value.random[1], [...path, "random", 1]);
  if (from > to) report([...path, "random"], `the random duration begins at ${from}ms, after its end at ${to}ms`);
  return { random: { from, to } };
}

export function idOf(body: { id: string | null }): string {
  if (body.id === null) throw new Error("steps are named before they are bound");
  return body.id;
}
