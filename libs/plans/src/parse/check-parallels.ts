/** What may stand side by side or inside each other, and where `after` has a beginning to count from. */
import type { StepKind } from "../model";
import type { Check } from "./check";

const SIDE_BY_SIDE: readonly StepKind[] = [
  "ioworker",
  "reset",
  "power",
  "wait",
  "admin",
  "io",
  "self-test",
  "firmware",
  "snapshot",
];

/** An event's place has one number per enclosing repeat, and room for so many. */
export const MAX_NESTED_REPEATS = 8;

export const checkParallels: Check = (draft, report) => {
  for (const step of draft.all) {
    const parent = step.around.at(-1);
    if (parent?.kind === "parallel" && !SIDE_BY_SIDE.includes(step.kind))
      report(step.path, `\`${step.kind}\` cannot stand in a \`parallel\`; allowed: ${SIDE_BY_SIDE.join(", ")}`, "key");
    if (step.kind === "repeat" && step.around.filter(({ kind }) => kind === "repeat").length === MAX_NESTED_REPEATS)
      report(step.path, `repeats inside each other: at most ${MAX_NESTED_REPEATS}`, "key");
    if (parent?.kind !== "parallel" && step.written.has("after"))
      report(
        [...step.path, "after"],
        "`after` counts from the start of a `parallel`, and this step stands in none",
        "key",
      );
  }
  for (const parallel of draft.all.filter(({ kind }) => kind === "parallel"))
    for (const kind of ["reset", "power", "firmware"] as const)
      for (const step of parallel.children.filter((child) => child.kind === kind).slice(1))
        report(step.path, `a second \`${kind}\` in the same \`parallel\`: their order would be left to chance`, "key");
};
