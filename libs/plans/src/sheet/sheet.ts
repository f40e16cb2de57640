/** Data sheets: what a model promises. `$sheet.x` in a plan is bound from here. */
import { z } from "zod";
import { SHEET_ENTRIES } from "../document/facts";
import { suggestion } from "../document/suggest";
import { EXAMPLES } from "../document/units";
import { isReference, limit, mapping, text } from "../document/values";
import type { DataSheet, Problem } from "../model";
import { readSource } from "../parse/positions";
import { schemaProblems } from "../parse/schema-problems";

export interface SheetDocument {
  /** Model number, as Identify Controller says it (without the padding). */
  model: string;
  /** Counted up by the author with every change of a number. */
  revision: number;
  /** Entries in base units: ms, bytes, bytes a second, percent. */
  entries: DataSheet;
}

const sheetSchema = mapping("data sheet", {
  apiVersion: z.literal("assay/v1", { error: () => "must be `assay/v1`" }),
  kind: z.literal("DataSheet", { error: () => "must be `DataSheet`" }),
  metadata: mapping("metadata", {
    model: text(40),
    revision: z
      .number({ error: () => "is no revision: 1, 2, ..." })
      .int()
      .min(1),
    description: text(2000).default(""),
  }),
  spec: z.record(z.string(), limit(), { error: () => "is no mapping of entries" }),
});

/** Reads a sheet, or says every problem with line and column. */
export function parseSheet(source: string): { sheet: SheetDocument } | { problems: Problem[] } {
  const read = readSource(source);
  if (read.yamlProblems.length) return { problems: read.yamlProblems };
  const result = sheetSchema.safeParse(read.value);
  if (!result.success) return { problems: schemaProblems(read, result.error.issues) };
  const { metadata, spec } = result.data;
  const problems: Problem[] = [];
  const entries: DataSheet = {};
  for (const [name, entry] of Object.entries(spec)) {
    const path = ["spec", name];
    const known = Object.hasOwn(SHEET_ENTRIES, name) ? SHEET_ENTRIES[name] : undefined;
    if (!known)
      problems.push(
        read.problem(
          path,
          `unknown entry \`${name}\` in a data sheet${suggestion(name, Object.keys(SHEET_ENTRIES))}`,
          "key",
        ),
      );
    else if (isReference(entry))
      problems.push(read.problem(path, `\`${name}\`: a data sheet holds values, no references`));
    else if (entry.dimension !== known.dimension)
      problems.push(read.problem(path, `\`${name}\` is not ${EXAMPLES[known.dimension]}`));
    else entries[name] = entry.value;
  }
  return problems.length ? { problems } : { sheet: { model: metadata.model, revision: metadata.revision, entries } };
}
