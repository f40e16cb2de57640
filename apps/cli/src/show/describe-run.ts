import type { Run } from "../api/shapes";
import { renderFacts, renderTable } from "../output/table";
import { describeFrozen } from "./frozen";
import { durationBetween, formatNumber, formatTime } from "./quantities";

/** So many sectors are shown; `-o json` has them all. */
const SHOWN_MISCOMPARES = 8;

/** Everything that a person asks first about a run. */
export function describeRun(run: Run): string {
  const parts = [facts(run)];
  if (run.criteria.length > 0) parts.push(criteria(run));
  if (run.miscompares.length > 0) parts.push(miscompares(run));
  if (run.evaluations.length > 0) parts.push(evaluations(run));
  return parts.join("\n\n");
}

function facts(run: Run): string {
  const { attribution } = run;
  const contact = run.contact === "unreachable" ? ", its host is out of contact" : "";
  return renderFacts([
    ["run", run.id],
    ["plan", run.plan],
    ["dut", `${run.dut.serial} (${run.dut.model})`],
    ["state", `${run.state}${contact}${parked(run)}`],
    ["frozen", describeFrozen(run.id, run.frozen)],
    ["verdict", run.verdict],
    ["why", run.reason ?? undefined],
    ["waits because", run.state === "finished" ? undefined : (run.waitingReason ?? undefined)],
    ["attributed to", attribution === null ? undefined : `${attribution.cause} (${decidedBy(attribution)})`],
    ["host, slot", run.host === null ? undefined : `${run.host}, ${run.slot}`],
    ["submitted", formatTime(run.submittedAt)],
    ["started", formatTime(run.startedAt) ?? undefined],
    ["took", durationBetween(run.startedAt, run.finishedAt) ?? undefined],
    ["parameters", parameters(run.resolvedParameters)],
    ["seed", run.seed],
    ["attempt", run.attempt > 1 ? `${run.attempt}, repeats ${run.retryOfId}` : undefined],
    ["campaign", run.campaignId ?? undefined],
    ["versions", versions(run)],
    ["stimulus", run.stimulusHash],
    ["kept", run.pinned ? "for ever (pinned)" : undefined],
    ["quarantined", quarantined(run)],
  ]);
}

function parked(run: Run): string {
  if (run.frozen !== null && run.frozen.releasedAt === null && run.state === "running")
    return ", parked: the drive is frozen as it was at the error";
  return run.parked ? ", parked: the drive is kept as it failed" : "";
}

function decidedBy({ rule, person, confidence }: NonNullable<Run["attribution"]>): string {
  return `${rule === null ? `by ${person}` : `rule ${rule}`}, confidence ${Math.round(confidence * 100)} %`;
}

function parameters(values: Record<string, unknown>): string | undefined {
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? undefined : pairs.join(" ");
}

function versions(run: Run): string | undefined {
  if (run.agentVersion === null) return undefined;
  return `agent ${run.agentVersion}, driver ${run.driverVersion} (${run.hostImplementation}), kernel ${run.kernel}`;
}

function quarantined({ quarantined: events }: Run): string | undefined {
  if (events.length === 0) return undefined;
  return events.map(({ seq, type, reason }) => `event ${seq} (${type}): ${reason}`).join("; ");
}

/** Of the verdict. */
const OWN_EVALUATION = 1;

function evaluations(run: Run): string {
  return renderTable(
    [
      { title: "judged again", of: (row) => formatTime(row.at) },
      { title: "by", of: (row) => row.person },
      { title: "limits", of: (row) => limitsOf(row.limits) },
      { title: "verdict", of: (row) => row.verdict },
      { title: "why", of: (row) => row.verdictReason },
      { title: "reason", of: (row) => row.reason },
    ],
    run.evaluations,
  );
}

function limitsOf(limits: Run["evaluations"][number]["limits"]): string {
  const shown = Object.entries(limits).map(([criterion, { operator, value }]) => `${criterion} ${operator} ${value}`);
  return shown.join(", ") || "as before";
}

/** What broke comes first, what held last. */
const order = ["failed", "errored", "passed"];

function criteria(run: Run): string {
  const own = run.criteria.filter(({ evaluation }) => evaluation === OWN_EVALUATION);
  const rows = own.sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome));
  return renderTable(
    [
      { title: "criterion", of: (row) => (row.iteration === null ? row.id : `${row.id} #${row.iteration + 1}`) },
      { title: "outcome", of: (row) => row.outcome },
      { title: "metric", of: (row) => row.metric },
      { title: "value", of: (row) => measured(row.value), align: "right" },
      { title: "limit", of: (row) => `${row.comparison.operator} ${row.comparison.value}` },
      { title: "why", of: (row) => (row.outcome === "passed" ? "" : row.reason) },
    ],
    rows,
  );
}

function miscompares(run: Run): string {
  const shown = run.miscompares.slice(0, SHOWN_MISCOMPARES);
  const rest = run.miscompares.length - shown.length;
  const lines = shown.map(
    ({ lba, kind, expected, got }) => `LBA ${lba}  ${kind}\n  expected ${expected}\n  got      ${got}`,
  );
  return [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n");
}

/** Digits enough to see on which side of its limit a value lies. */
const VALUE_DIGITS = 9;

function measured(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? formatNumber(value, VALUE_DIGITS) : String(value);
}
