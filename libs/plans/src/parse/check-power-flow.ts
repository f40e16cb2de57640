/** Steps between a power cut and its restore cannot reach the drive. */
import type { StepKind } from "../model";
import type { Check, Report } from "./check";
import type { DraftStep } from "./draft";

/** Kinds that need no drive. */
const WITHOUT_DRIVE: readonly StepKind[] = ["wait", "assert", "capture"];

/** The step that cut the power, or null while there is power. */
type Cut = DraftStep | null;

export const checkPowerFlow: Check = (draft, report) => {
  const end = flow(draft.steps, null, report);
  const last = flow(draft.finally, end, report);
  if (last) report(last.path, `${nameOf(last)} cuts the power and nothing restores it before the plan ends`, "key");
};

function flow(steps: DraftStep[], before: Cut, report: Report): Cut {
  return steps.reduce((cut, step) => follow(step, cut, report), before);
}

function follow(step: DraftStep, cut: Cut, report: Report): Cut {
  if (step.kind === "repeat") {
    const end = flow(step.children, cut, report);
    if (end && !cut)
      report(step.path, `an iteration ends without power (cut by ${nameOf(end)}), and the next begins with it`, "key");
    return cut ? end : null;
  }
  if (step.kind === "parallel") {
    if (cut) report(step.path, `needs power, which ${nameOf(cut)} has cut`, "key");
    return step.children.find(({ kind, body }) => kind === "power" && body.action === "cut") ?? null;
  }
  if (step.kind === "power") return afterPower(step, cut, report);
  if (cut && !WITHOUT_DRIVE.includes(step.kind))
    report(step.path, `${nameOf(step)} needs power, which ${nameOf(cut)} has cut: restore it first`, "key");
  return cut;
}

function afterPower(step: DraftStep, cut: Cut, report: Report): Cut {
  const { action } = step.body;
  if (action === "restore" && !cut)
    report(step.path, `${nameOf(step)} restores the power, and nothing has cut it`, "key");
  if (action === "cut" && cut)
    report(step.path, `${nameOf(step)} cuts the power, which ${nameOf(cut)} has cut already`, "key");
  return action === "cut" ? step : action === undefined ? cut : null;
}

function nameOf({ id, kind }: DraftStep): string {
  return id === null ? `a \`${kind}\` step` : `\`${id}\``;
}
