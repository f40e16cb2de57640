/** The life of one run on its drive: open, steps, judgement, evidence, `finally`, end. */
import { captureEvidence } from "./capture";
import { type Conclusion, conclude, type Happened } from "./conclusion";
import { Refusal } from "./drive";
import { judgeHealth, readHealth } from "./health";
import { Interruption } from "./interruption";
import { judgeRun } from "./judge";
import type { Stops } from "./requests";
import { runSequence } from "./run-step";
import { ends, errored, OK, type RunContext, type StepResult, type StepScope } from "./scope";
import { SOURCES } from "./sources/sources";
import { resultOfError } from "./step-errors";
import { restorePower, switchOn } from "./steps/power.step";
import { suspect } from "./suspicion";

/** Everything up to the event `finished`, which the caller appends. @throws only what is our own fault */
export async function executeRun(run: RunContext, stops: Stops): Promise<Conclusion> {
  const happened: Happened = { interruption: null, refusal: null, powerLost: false, results: [], criteria: [] };
  const attempt = (work: () => Promise<StepResult>) => attemptInto(happened, work);
  const root = { run, repeats: [], iteration: [], parallel: null, keepAsFailed: false };

  let healthAtStart: Awaited<ReturnType<typeof readHealth>> = null;
  await attempt(async () => {
    const dark = await powerOn(run, { ...root, signal: stops.soft });
    if (dark) return dark;
    stops.soft.throwIfAborted();
    await run.drive.open();
    healthAtStart = await readHealth(run, "start");
    return runSequence(run.plan.steps, { ...root, signal: stops.soft });
  });

  happened.powerLost = happened.results.some(ends) && (await powerWasLost(run));
  // Revoked, or past the deadline: the drive is sent nothing more. The driver may have noticed before we looked.
  const silent = () =>
    stops.hard.aborted || happened.interruption?.kind === "revoked" || happened.interruption?.kind === "deadline";
  if (!silent() && run.drive.usable) {
    await attempt(async () => {
      const after = await readHealth(run, "end");
      const { fields } = await SOURCES.registers.read(run.drive);
      return judgeHealth(healthAtStart, after, fields);
    });
  }
  if (happened.interruption === null && happened.refusal === null) judge(run, happened);
  const soFar = conclude(happened);
  if (!silent() && (soFar.outcome === "failed" || soFar.outcome === "errored"))
    await captureEvidence(run.plan.onFailure.capture, run);

  const mayTouch = () => !silent() && happened.refusal === null && run.drive.isOpen;
  const after = { ...root, signal: stops.hard };
  if (mayTouch())
    await attempt(() => runSequence(run.plan.finally, { ...after, keepAsFailed: soFar.outcome === "failed" }));
  if (mayTouch() && !run.drive.powered && !happened.powerLost) await attempt(() => powerBack(run, after));
  if (mayTouch() && run.drive.usable) {
    await attempt(async () => {
      await run.drive.confirm("end", []);
      return OK;
    });
  }
  if (run.journal.shedSamples > 0)
    run.journal.log("warn", `${run.journal.shedSamples} samples did not fit into the journal's room`);
  run.journal.append(run.exposure.event());
  return conclude(happened);
}

async function attemptInto(happened: Happened, work: () => Promise<StepResult>): Promise<void> {
  try {
    happened.results.push(await work());
  } catch (error) {
    const known = knownEnd(error);
    if (known instanceof Interruption) happened.interruption ??= known;
    else if (known instanceof Refusal) happened.refusal ??= { rule: known.rule, message: known.message };
    else happened.results.push(known);
  }
}

function knownEnd(error: unknown): Interruption | Refusal | StepResult {
  if (error instanceof Interruption || error instanceof Refusal) return error;
  try {
    return resultOfError(error);
  } catch (thrown) {
    if (thrown instanceof Interruption) return thrown;
    throw thrown;
  }
}

function judge(run: RunContext, happened: Happened): void {
  happened.criteria = judgeRun(run.plan, run.observations.all);
  for (const { id, iteration, outcome, reason } of happened.criteria) {
    run.journal.append({ type: "criterion", id, iteration, outcome, reason });
  }
}

/** A run that was ended between cut and restore left the drive dark: where the host allows it the next run switches it on. */
async function powerOn(run: RunContext, scope: StepScope): Promise<StepResult | null> {
  if (run.power === null || (await run.power.read()) !== "off") return null;
  if (!run.drive.hostAllows("power-cycles")) return errored("the slot's power is off", suspect("power-off"));
  run.journal.log("warn", "the slot's power was found off and is switched on");
  const { result } = await switchOn({ id: "power-found-off" }, scope, run.power);
  return ends(result) ? result : null;
}

/** Is the slot dark although this run did not cut it? Then what the drive did not answer is not its fault. */
async function powerWasLost(run: RunContext): Promise<boolean> {
  if (run.power === null || !run.drive.usable || (await run.power.read()) !== "off") return false;
  run.drive.wentDark();
  return true;
}

/** The run cut the power and did not get to restore it. */
async function powerBack(run: RunContext, scope: StepScope): Promise<StepResult> {
  if (run.power === null || (await run.power.read()) === "on") return OK;
  return restorePower({ id: "power-back", kind: "power", readyWithinMs: null }, scope, run.power);
}
