/** What `npm start` demonstrates, and the pure reading of how it ended. */
import type { DemoDut, DemoRun, Evidence } from "./facts";

export const DEMO_CAMPAIGN = "demo";
/** Short enough to watch; the planted defect needs more writes than `smoke` makes. */
export const DEMO_PLANS = [
  { name: "smoke", parameters: {} },
  { name: "verify-soak", parameters: { time: "6s" } },
] as const;
/** The drive with the planted defect in hosts/sim-01.yaml. */
export const DEFECTIVE = "SIM0003";
export const DRIVES = ["SIM0001", "SIM0002", "SIM0003", "SIM0004", "SIM0005"] as const;

/** The newest run of each plan and drive: a retry replaces what it repeats. Runs come oldest first. */
export function newestRuns(runs: readonly DemoRun[]): DemoRun[] {
  const newest = new Map<string, DemoRun>();
  for (const run of runs) newest.set(`${run.plan}/${run.dut}`, run);
  return [...newest.values()];
}

/** Nothing more will happen by itself: each run has a verdict, or waits for a drive that somebody must release. */
export function hasEnded(runs: readonly DemoRun[], duts: readonly DemoDut[]): boolean {
  const kept = new Set(
    duts.filter((dut) => dut.intent === "hold" || dut.intent === "quarantined").map((dut) => dut.serial),
  );
  return (
    runs.length > 0 && runs.every((run) => run.state === "finished" || (run.state === "queued" && kept.has(run.dut)))
  );
}

/** In which points the demo did not end as described; empty when it did. `evidence` is that of the defective drive's run. */
export function deviations(all: readonly DemoRun[], duts: readonly DemoDut[], evidence: Evidence): string[] {
  const runs = newestRuns(all);
  const found: string[] = [];
  const verdictOf = (plan: string, dut: string) => runs.find((run) => run.plan === plan && run.dut === dut);
  for (const dut of DRIVES)
    for (const { name: plan } of DEMO_PLANS) {
      const run = verdictOf(plan, dut);
      const expected = dut === DEFECTIVE && plan === "verify-soak" ? "failed" : "passed";
      const got = run === undefined ? "missing" : (run.verdict ?? run.state);
      if (got !== expected) found.push(`${plan} on ${dut} should be ${expected} and is ${got}${because(run)}`);
    }
  for (const dut of DRIVES) found.push(...orderOf(verdictOf("smoke", dut), verdictOf("verify-soak", dut)));
  const onHold = duts.filter((dut) => dut.intent === "hold").map((dut) => dut.serial);
  if (onHold.join() !== DEFECTIVE)
    found.push(`on hold should be ${DEFECTIVE} only and is ${onHold.join(", ") || "nobody"}`);
  const cause = verdictOf("verify-soak", DEFECTIVE)?.cause ?? "nobody";
  if (cause !== "dut") found.push(`the failure should be attributed to the DUT and is to ${cause}`);
  if (
    !evidence.miscompares.some(
      ({ lba, expected, got }) => lba !== "" && expected !== "" && got !== "" && expected !== got,
    )
  )
    found.push("no LBA with expected and got was kept");
  if (evidence.commands.length === 0) found.push("the last commands were not kept");
  return found;
}

function because(run: DemoRun | undefined): string {
  return run?.reason ? ` (${run.reason})` : "";
}

function orderOf(smoke: DemoRun | undefined, soak: DemoRun | undefined): string[] {
  if (!smoke?.finishedAt || !soak?.startedAt) return [];
  const inOrder = Date.parse(smoke.finishedAt) <= Date.parse(soak.startedAt);
  return inOrder ? [] : [`${soak.plan} began on ${soak.dut} before ${smoke.plan} had ended`];
}
