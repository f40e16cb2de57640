/** TAP 14: a test point per run with its criteria as a subtest. */
import type { ReportRecord } from "../api/report-lines";
import { attributedTo, criterionName, type JudgedRun, judgedRuns } from "./judged-runs";

export async function* tap14(records: AsyncIterable<ReportRecord>): AsyncGenerator<string> {
  yield "TAP version 14\n";
  let number = 0;
  for await (const judged of judgedRuns(records)) yield point(judged, ++number);
  yield `1..${number}\n`;
}

function point({ run, criteria }: JudgedRun, number: number): string {
  const name = `${run.plan} on ${run.dut.serial}`;
  const lines = [`# Subtest: ${escaped(name)}`];
  criteria.forEach((criterion, index) => {
    const { outcome, reason, metric } = criterion;
    lines.push(`    ${outcome === "passed" ? "ok" : "not ok"} ${index + 1} - ${escaped(criterionName(criterion))}`);
    if (outcome !== "passed") lines.push(...diagnostic("      ", { outcome, metric, reason }));
  });
  lines.push(`    1..${criteria.length}`);
  if (run.verdict === null) {
    const why = run.waitingReason ?? `it is ${run.state}`;
    return `${lines.join("\n")}\nnot ok ${number} - ${escaped(name)} # TODO not finished: ${escaped(why)}\n`;
  }
  lines.push(`${run.verdict === "passed" ? "ok" : "not ok"} ${number} - ${escaped(name)}`);
  const { id, verdict, reason, seed, firmwareAtStart: firmware } = run;
  if (verdict !== "passed")
    lines.push(...diagnostic("  ", { run: id, verdict, reason, attribution: attributedTo(run), firmware, seed }));
  return `${lines.join("\n")}\n`;
}

/** A YAML block; JSON texts are YAML. */
function diagnostic(indent: string, facts: Record<string, unknown>): string[] {
  const lines = Object.entries(facts).map(([name, value]) => `${indent}${name}: ${JSON.stringify(value)}`);
  return [`${indent}---`, ...lines, `${indent}...`];
}

/** A `#` would begin a directive. */
function escaped(text: string): string {
  return text.replace(/[\\#]/g, "\\$&").replaceAll("\n", " ");
}
