/** What a run waits for, does or ended with, why, and what happens next, in sentences: pure. */
import type { RunDetailView } from "../runs/run-view";
import { MAX_ATTEMPTS } from "./retry-policy";

/** What stands around a run (prisma/sql/run-situation.sql). */
export interface RunSituation {
  serial: string;
  health: string;
  dutIntent: string;
  dutIntentReason: string | null;
  conflict: string | null;
  heldBy: string | null;
  heldSince: Date | null;
  /** The run whose failure set the hold. */
  heldFor: string | null;
  campaign: string | null;
  campaignIntent: string | null;
  campaignIntentReason: string | null;
  host: string | null;
  hostObserved: string | null;
  hostSeenAt: Date | null;
  hostIntent: string | null;
  slot: string | null;
  slotState: string | null;
  slotStateReason: string | null;
  holderId: string | null;
  holderPlan: string | null;
  holderState: string | null;
  holderDeadlineAt: Date | null;
  othersQueued: number;
  retryId: string | null;
  retryAttempt: number | null;
  retryState: string | null;
  retryVerdict: string | null;
}

export interface Explanation {
  /** One sentence. */
  summary: string;
  because: string[];
  next: string[];
  /** What a person can do about it, as command lines. */
  commands: string[];
}

/** Broken criteria and wrong sectors are named up to so many; the run's own view has them all. */
const NAMED = 5;

export function explainRun(run: RunDetailView, around: RunSituation): Explanation {
  if (run.state === "queued") return explainQueued(run, around);
  if (run.state === "finished") return explainFinished(run, around);
  return run.state === "assigned" ? explainAssigned(run, around) : explainRunning(run, around);
}

function explainQueued(run: RunDetailView, around: RunSituation): Explanation {
  const { serial } = around;
  const said = explanation(`${run.plan} on ${serial} is queued: it has not started.`);
  if (run.attempt > 1)
    said.because.push(`It is attempt ${run.attempt} of at most ${MAX_ATTEMPTS} of run ${run.retryOfId}.`);
  said.because.push(sentence(run.waitingReason ?? "no scheduling pass has looked at it yet"));
  if (around.campaignIntent !== null && around.campaignIntent !== "active") {
    const why = around.campaignIntentReason === null ? "" : ` (${around.campaignIntentReason})`;
    said.next.push(
      `Nothing, until somebody resumes campaign ${around.campaign}, which is ${around.campaignIntent}${why}.`,
    );
    if (around.campaignIntent === "paused") said.commands.push(`assay campaign resume ${around.campaign}`);
  }
  if (around.dutIntent !== "available") {
    said.because.push(...holdOf(around, run.waitingReason));
    said.next.push(`Nothing, until somebody releases ${serial}.`);
    said.commands.push(releaseOf(serial));
  }
  if (around.conflict !== null)
    said.because.push(sentence(`the identity of ${serial} is in doubt: ${around.conflict}`));
  if (around.holderId !== null) {
    const at = around.holderDeadlineAt === null ? "" : `, at the latest ${moment(around.holderDeadlineAt)}`;
    said.next.push(
      `${around.holderPlan} (run ${around.holderId}, ${around.holderState}) has the drive; its turn comes after that${at}.`,
    );
  }
  if (around.othersQueued > 0)
    said.because.push(
      `${count(around.othersQueued, "other run")} of ${serial} ${around.othersQueued === 1 ? "waits" : "wait"} too: higher priority and longer waiting come first.`,
    );
  if (said.next.length === 0)
    said.next.push("It starts by itself when that is over: every change in the fleet makes a scheduling pass.");
  return said;
}

function explainAssigned(run: RunDetailView, around: RunSituation): Explanation {
  const said = explanation(
    `${run.plan} on ${around.serial} is assigned to ${run.host}, ${run.slot}; its agent has not taken it yet.`,
  );
  said.because.push(...hostOf(around));
  said.next.push(
    around.hostObserved === "offline"
      ? `It stays with ${around.host}: silence is no verdict. It starts when the host is back; only a fence gives the slot away.`
      : "The host is told by its queue and with each heartbeat's answer; it starts as soon as the agent claims it.",
  );
  if (run.cancelRequestedAt !== null) said.next.push(cancelled(run));
  if (around.hostObserved === "offline") said.commands.push(`assay host show ${around.host}`);
  return said;
}

function explainRunning(run: RunDetailView, around: RunSituation): Explanation {
  const { serial } = around;
  const { frozen } = run;
  if (frozen !== null && frozen.releasedAt === null) {
    const said = explanation(`${run.plan} on ${serial} stands still: the drive is frozen as it was at an error.`);
    said.because.push(
      `Worker ${frozen.worker} of ${frozen.path} got status ${hex(frozen.sct)}/${hex(frozen.sc)} on opcode ${hex(frozen.opcode)}h, LBA ${frozen.slba}.`,
    );
    said.next.push(
      frozen.releaseRequestedAt === null
        ? `Nothing is sent to it until somebody releases the run, at the latest until ${frozen.untilAt}.`
        : `${frozen.releaseRequestedBy} has asked to let it go (${frozen.releaseReason}); the host does so when it hears of it.`,
    );
    if (frozen.releaseRequestedAt === null) said.commands.push(`assay run release ${run.id} -r "<why>"`);
    return said;
  }
  const said = explanation(`${run.plan} runs on ${serial} (${run.host}, ${run.slot}).`);
  if (run.parked) {
    said.summary = `${run.plan} on ${serial} has concluded; its runner keeps the drive as it failed.`;
    said.next.push(`It is let go when somebody releases ${serial}.`);
    said.commands.push(releaseOf(serial));
  }
  if (run.contact === "unreachable") {
    said.because.push(...hostOf(around));
    said.next.push(`${run.host} is out of contact: the run goes on there and its journal comes when the host is back.`);
    said.commands.push(`assay host show ${run.host}`);
  }
  said.because.push(
    `Started ${run.startedAt ?? "(not told yet)"}, ${count(run.eventCount, "event")} stored, the last ${run.lastEventAt ?? "not yet"}.`,
  );
  if (run.cancelRequestedAt !== null) said.next.push(cancelled(run));
  if (run.deadlineAt !== null && !run.parked)
    said.next.push(`It ends by itself, or is ended at its deadline ${run.deadlineAt}; criteria are judged then.`);
  return said;
}

function explainFinished(run: RunDetailView, around: RunSituation): Explanation {
  const { serial } = around;
  const said = explanation(`${run.plan} on ${serial} ${WORDS[run.verdict!]}: ${run.reason}`);
  const own = run.criteria.filter(({ evaluation }) => evaluation === 1);
  // What failed comes before what could not be judged.
  const broken = [
    ...own.filter(({ outcome }) => outcome === "failed"),
    ...own.filter(({ outcome }) => outcome !== "failed" && outcome !== "passed"),
  ];
  for (const { id, iteration, outcome, reason } of broken.slice(0, NAMED))
    said.because.push(
      `Criterion ${id}${iteration === null ? "" : `, iteration ${iteration + 1},`} ${outcome}: ${reason}.`,
    );
  if (broken.length > NAMED) said.because.push(`${broken.length - NAMED} more criterion results do not hold.`);
  for (const { lba, kind, path } of run.miscompares.slice(0, NAMED))
    said.because.push(`LBA ${lba}: ${kind}${path === "" ? "" : `, found by ${path}`}.`);
  if (run.miscompareCount > NAMED) said.because.push(`${count(run.miscompareCount, "wrong sector")} in all.`);
  for (const { seq, reason } of run.quarantined.slice(0, NAMED))
    said.because.push(`Event ${seq} could not be stored as what it is: ${reason}.`);
  const blamed = run.attributions[run.attributions.length - 1];
  if (blamed !== undefined) {
    const who = blamed.rule === null ? blamed.person : `rule ${blamed.rule}`;
    said.because.push(`Attributed to ${blamed.cause} by ${who}, confidence ${Math.round(blamed.confidence * 100)} %.`);
  }
  said.next.push(...afterTheEnd(run, around));
  if (run.verdict !== "passed") said.commands.push(`assay cmdlog ${run.id}`);
  if (around.dutIntent !== "available" && around.heldFor === run.id) said.commands.push(releaseOf(serial));
  return said;
}

function afterTheEnd(run: RunDetailView, around: RunSituation): string[] {
  const next: string[] = [];
  const { serial, othersQueued } = around;
  if (around.retryId !== null)
    next.push(
      `It was tried again as run ${around.retryId} (attempt ${around.retryAttempt}): ${around.retryVerdict ?? around.retryState}.`,
    );
  else if (run.verdict === "errored") next.push(notRetried(run));
  if (around.dutIntent !== "available") {
    const since = around.heldFor === run.id ? "because of this run " : "";
    next.push(
      `${serial} is ${INTENTS[around.dutIntent] ?? around.dutIntent} ${since}until somebody releases it${around.heldBy === null ? "" : ` (held by ${around.heldBy})`}.`,
    );
    if (othersQueued > 0)
      next.push(`${count(othersQueued, "run")} of ${serial} wait${othersQueued === 1 ? "s" : ""} behind that.`);
  } else if (othersQueued > 0)
    next.push(`${count(othersQueued, "run")} of ${serial} ${othersQueued === 1 ? "is" : "are"} queued after it.`);
  if (next.length === 0) next.push(`Nothing: ${serial} is available, and no run of it waits.`);
  return next;
}

function notRetried(run: RunDetailView): string {
  if (run.attempt >= MAX_ATTEMPTS) return `It is not tried again: this was attempt ${run.attempt} of ${MAX_ATTEMPTS}.`;
  if (run.cancelRequestedAt !== null) return "It is not tried again: somebody had cancelled it.";
  return `It is not tried again by itself: only what the host is to blame for is, and this is attributed to ${run.attribution?.cause ?? "nobody"}. \`assay run retry\` does it.`;
}

const WORDS = { passed: "passed", failed: "failed", errored: "is errored", aborted: "was aborted" } as const;
const INTENTS: Record<string, string> = { hold: "on hold" };

/** `said`: what stands before it; why the drive is held is not told twice. */
function holdOf(around: RunSituation, said: string | null): string[] {
  const { serial, dutIntent, dutIntentReason, heldBy, heldSince, heldFor } = around;
  const kept = heldFor === null ? [] : [`It is kept as run ${heldFor} left it.`];
  if (dutIntentReason !== null && said?.includes(dutIntentReason))
    return heldBy === null ? kept : [`Held by ${heldBy}.`, ...kept];
  const since = heldSince === null ? "" : ` since ${moment(heldSince)}`;
  const why = dutIntentReason === null ? "" : `: ${dutIntentReason}`;
  const by = heldBy === null ? "" : `, by ${heldBy}`;
  return [sentence(`${serial} is ${INTENTS[dutIntent] ?? dutIntent}${since}${by}${why}`), ...kept];
}

function hostOf({ host, hostObserved, hostIntent, hostSeenAt }: RunSituation): string[] {
  if (host === null) return [];
  const seen = hostSeenAt === null ? "never seen" : `last seen ${moment(hostSeenAt)}`;
  return [`Host ${host} is ${hostObserved}${hostIntent === "active" ? "" : ` and ${hostIntent}`}, ${seen}.`];
}

function cancelled({ cancelRequestedBy, cancelReason }: RunDetailView): string {
  return `${cancelRequestedBy} has cancelled it${cancelReason === null ? "" : ` (${cancelReason})`}: it ends soon and in order.`;
}

function explanation(summary: string): Explanation {
  return { summary, because: [], next: [], commands: [] };
}

const releaseOf = (serial: string) => `assay dut release ${serial} -r "<why>"`;
const moment = (at: Date) => at.toISOString();
const hex = (n: number) => n.toString(16).padStart(2, "0");
const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? "" : "s"}`;
const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
