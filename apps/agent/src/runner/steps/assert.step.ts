import { demand, holds } from "@assay/plans";
import { failed, OK, type StepExecutor } from "../scope";
import { PlanMisfit } from "../step-errors";
import { suspect } from "../suspicion";

export const assertStep: StepExecutor<"assert"> = async (step, scope) => {
  const dot = step.metric.indexOf(".");
  const value = scope.run.observations.newestOf(step.metric.slice(0, dot), step.metric.slice(dot + 1));
  if (value === undefined) throw new PlanMisfit(`${step.metric} was not measured`);
  const verdict = holds(value, step.comparison);
  if (verdict === true) return OK;
  if (verdict !== false) throw new PlanMisfit(`${step.metric}: ${verdict}`);
  const measured = `${step.metric} is ${value}, must be ${demand(step.comparison)}`;
  return failed(step.message === null ? measured : `${step.message} (${measured})`, suspect("assertion-broken"));
};
