/** The table of behaviours in the README: rows from what is registered, cells from the newest runs on each host. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Behaviour, HOSTS } from "./behaviour";
import { type BehaviourResult, RESULTS_FOLDER } from "./show-behaviour";

const BEGIN = "<!-- conformance table: npm run conformance-table -w libs/nvme-native -->";
const END = "<!-- end of the conformance table -->";
/** spdk-pcie is told by the tier qemu. */
const COLUMNS = HOSTS;
/** Padded columns would change every line with each new row. */
const KEEP_LINES = "<!-- biome-ignore format: a row stays as it is when others come -->";
const NOT_RUN = "not run yet";

const keyOf = (row: { id: string; sentence: string }) => `${row.id} ${row.sentence}`;

function cellOf({ outcome, reason }: BehaviourResult): string {
  if (outcome === "elsewhere") return "-";
  return reason === null ? outcome : `${outcome}: ${reason.replaceAll("|", "/")}`;
}

/** Rows that stand in the README now, by key: the cells of the hosts. */
export function rowsOf(readme: string): Map<string, string[]> {
  const [, rest] = readme.split(BEGIN);
  const rows = new Map<string, string[]>();
  if (rest === undefined) return rows;
  for (const line of rest.split(END)[0]!.split("\n")) {
    const [, id, sentence, ...cells] = line.split("|").map((cell) => cell.trim());
    if (id !== undefined && /^[BX]\d/.test(id)) rows.set(`${id} ${sentence}`, cells.slice(0, COLUMNS.length));
  }
  return rows;
}

function newest(host: string): Map<string, string> | null {
  const path = join(RESULTS_FOLDER, `${host}.json`);
  if (!existsSync(path)) return null;
  const results = JSON.parse(readFileSync(path, "utf8")) as BehaviourResult[];
  return new Map(results.map((result) => [keyOf(result), cellOf(result)]));
}

/** The README with its table made anew. A host without results in the build folder keeps the cells it has. */
export function withTable(readme: string, all: Behaviour[]): string {
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (rest === undefined || after === undefined) throw new Error("the README lost the marks of the conformance table");
  const known = rowsOf(readme);
  const results = COLUMNS.map(newest);
  const rows = all.map((behaviour) => {
    const key = keyOf(behaviour);
    const cells = COLUMNS.map((host, i) => {
      if (!behaviour.on.includes(host)) return "-";
      const kept = known.get(key)?.[i];
      return results[i]?.get(key) ?? (["", "-", undefined].includes(kept) ? NOT_RUN : kept);
    });
    return `| ${[behaviour.id, behaviour.sentence, ...cells].join(" | ")} |`;
  });
  const head = [`| id | behaviour | ${COLUMNS.join(" | ")} |`, `|${" --- |".repeat(COLUMNS.length + 2)}`];
  return [before, BEGIN, "\n\n", KEEP_LINES, "\n", [...head, ...rows].join("\n"), "\n\n", END, after].join("");
}
