/** What is seen while runs go on. Pure: text out. */
import { renderTable } from "@assay/cli";
import { newestRuns } from "./demo";
import type { DemoDut, DemoRun, Evidence } from "./facts";

const seconds = (fromMs: number, toMs: number) => `${Math.max(0, Math.round((toMs - fromMs) / 1000))} s`;

/** `running 12 s`, `passed in 8 s`, `queued`. */
export function progressOf(run: DemoRun, nowMs: number): string {
  const begun = run.startedAt === null ? null : Date.parse(run.startedAt);
  if (run.state === "finished") {
    const took = begun === null || run.finishedAt === null ? "" : ` in ${seconds(begun, Date.parse(run.finishedAt))}`;
    return `${run.verdict}${took}`;
  }
  if (run.state === "running" && begun !== null) return `running ${seconds(begun, nowMs)}`;
  return run.state;
}

/** One line per drive, one column per plan. */
export function boardTable(runs: readonly DemoRun[], plans: readonly string[], nowMs: number): string {
  const drives = [...new Set(runs.map((run) => run.dut))].sort();
  const of = (dut: string, plan: string) => runs.find((run) => run.dut === dut && run.plan === plan);
  return renderTable(
    [
      { title: "dut", of: (dut: string) => dut },
      { title: "model", of: (dut: string) => runs.find((run) => run.dut === dut)?.model },
      ...plans.map((plan) => ({
        title: plan,
        of: (dut: string) => {
          const run = of(dut, plan);
          return run === undefined ? null : progressOf(run, nowMs);
        },
      })),
    ],
    drives,
  );
}

/** A line for each run whose state changed, for whoever is no terminal. */
export function changes(before: readonly DemoRun[], after: readonly DemoRun[]): string[] {
  const known = new Map(before.map((run) => [run.id, `${run.state}/${run.verdict}`]));
  return after
    .filter((run) => known.get(run.id) !== `${run.state}/${run.verdict}`)
    .map((run) => `${run.plan} on ${run.dut}: ${run.verdict ?? run.state}${reasonOf(run)}`);
}

/** The table of verdicts. */
export function verdictTable(all: readonly DemoRun[], duts: readonly DemoDut[]): string {
  const intents = new Map(duts.map((dut) => [dut.serial, dut.intent]));
  const runs = [...newestRuns(all)].sort((a, b) => a.plan.localeCompare(b.plan) || a.dut.localeCompare(b.dut));
  return renderTable(
    [
      { title: "plan", of: (run) => run.plan },
      { title: "dut", of: (run) => run.dut },
      { title: "model", of: (run) => run.model },
      { title: "verdict", of: (run) => run.verdict ?? run.state },
      { title: "attributed to", of: (run) => run.cause },
      { title: "drive is", of: (run) => intents.get(run.dut) },
      { title: "run", of: (run) => run.id.slice(0, 8) },
    ],
    runs,
  );
}

/** What was kept of a failed run, for the person who asks why. */
export function evidenceText(run: DemoRun, dut: DemoDut | undefined, evidence: Evidence): string {
  const lines = [
    `${run.plan} on ${run.dut} (${run.model}): ${run.verdict}${reasonOf(run)}`,
    `  attributed to: ${run.cause ?? "nobody yet"}${run.rule === null ? "" : ` (rule ${run.rule})`}; the drive is on ${dut?.intent ?? "?"}`,
    ...evidence.miscompares.flatMap(sectorLines),
  ];
  if (evidence.commands.length > 0) lines.push("  the last commands it received:", ...indented(evidence.commands));
  return lines.join("\n");
}

function sectorLines({ lba, kind, expected, got, commands }: Evidence["miscompares"][number]): string[] {
  const lines = [`  LBA ${lba}  ${kind}`, `    expected ${expected}`, `    got      ${got}`];
  return commands.length === 0 ? lines : [...lines, "    commands that touched it:", ...indented(commands)];
}

const indented = (lines: string[]) => lines.map((line) => `    ${line}`);

function reasonOf(run: DemoRun): string {
  return run.reason ? ` (${run.reason})` : "";
}
