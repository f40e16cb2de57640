/** `$param`, `$dut.x` and `$sheet.x`: known, and of the dimension that must stand there. Parameters: all used. */
import { DUT_FACTS, SHEET_ENTRIES } from "../document/facts";
import { nearest, suggestion } from "../document/suggest";
import { type Dimension, NOUNS } from "../document/units";
import { isReference, type Reference } from "../document/values";
import { showReference } from "../resolve/bindings";
import type { Check } from "./check";
import type { Draft } from "./draft";
import type { Path } from "./positions";

/** The dimension that a reference brings, or null where it names nothing. */
export function dimensionOf({ reference }: Reference, draft: Draft): Dimension | null {
  const { source, name } = reference;
  if (source === "param") return draft.parameters.get(name)?.type ?? null;
  if (source === "dut") return Object.hasOwn(DUT_FACTS, name) ? DUT_FACTS[name]! : null;
  return Object.hasOwn(SHEET_ENTRIES, name) ? SHEET_ENTRIES[name]!.dimension : null;
}

/** Whether a value of one dimension may stand where another is asked for. */
export function fits(has: Dimension, wanted: Dimension): boolean {
  return has === wanted || (wanted === "number" && has === "integer");
}

export const checkReferences: Check = (draft, report) => {
  for (const part of [draft.spec, ...draft.all, ...draft.criteria]) {
    eachReference(part.body, part.path, (reference, path) => {
      const { source, name } = reference.reference;
      const shown = showReference(reference);
      if (path[1] === "needs")
        return report(
          path,
          `\`${shown}\`: \`needs\` are judged before a run is made, so that only literals stand there`,
        );
      const has = dimensionOf(reference, draft);
      const known = {
        param: [...draft.parameters.keys()],
        dut: Object.keys(DUT_FACTS),
        sheet: Object.keys(SHEET_ENTRIES),
      }[source];
      if (has === null && !known.includes(name))
        report(path, `unknown reference \`${shown}\`${suggestion(name, known)}`);
      else if (has !== null && reference.dimension !== "any" && !fits(has, reference.dimension))
        report(path, `\`${shown}\` is ${NOUNS[has]}, here stands ${NOUNS[reference.dimension]}`);
    });
  }
  for (const name of unusedParameters(draft))
    report(["spec", "parameters", name], `parameter \`${name}\` is not used anywhere: refer to it as $${name}`, "key");
};

/** Parameters that nothing refers to; one that was meant by a misspelt reference has been told there. */
function unusedParameters({ parameters, mentioned }: Draft): string[] {
  const names = [...parameters.keys()];
  const meant = [...mentioned].filter((name) => !parameters.has(name)).map((name) => nearest(name, names));
  return names.filter((name) => !mentioned.has(name) && !meant.includes(name));
}

function eachReference(value: unknown, path: Path, visit: (reference: Reference, path: Path) => void): void {
  if (isReference(value)) visit(value, path);
  else if (typeof value === "object" && value !== null) {
    const list = Array.isArray(value);
    for (const [key, entry] of Object.entries(value)) eachReference(entry, [...path, list ? Number(key) : key], visit);
  }
}
