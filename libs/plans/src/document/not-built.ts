/**
 * What plan-format.md describes and this version does not do: refused by name, never accepted and ignored. To build one
 * is to delete its word here and to add it where it is allowed.
 */
export const NOT_BUILT = {
  steps: ["purge", "tcp-target", "environment", "exec", "sweep", "when"],
  keys: { repeat: ["until", "max"], criterion: ["within"], spec: ["validity"] },
  words: {
    isolation: ["uplink"],
    "capture source": ["telemetry"],
    "snapshot source": ["telemetry"],
  },
  references: ["steps"],
} as const;

/** `x is described ...`: the end of every such refusal. */
export const NOT_BUILT_YET = "is described in the plan format but not built yet";

/** Words of a field that are refused by name. */
export function notBuiltWords(what: string): readonly string[] {
  const table: Record<string, readonly string[]> = NOT_BUILT.words;
  return table[what] ?? [];
}

/** Keys of a mapping that are refused by name. */
export function notBuiltKeys(what: string): readonly string[] {
  const table: Record<string, readonly string[]> = NOT_BUILT.keys;
  return table[what] ?? [];
}
