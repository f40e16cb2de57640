/** The rules between keys, in one table; all of them run on every plan. */
import type { Problem } from "../model";
import type { Check } from "./check";
import { checkCriteria } from "./check-criteria";
import { checkEffects } from "./check-effects";
import { checkIds } from "./check-ids";
import { checkIoWorkers } from "./check-ioworkers";
import { checkParallels } from "./check-parallels";
import { checkParameters } from "./check-parameters";
import { checkPowerFlow } from "./check-power-flow";
import { checkReferences } from "./check-references";
import { checkVerifies } from "./check-verifies";
import type { Draft } from "./draft";
import type { Source } from "./positions";

const CHECKS: readonly Check[] = [
  checkIds,
  checkParameters,
  checkReferences,
  checkParallels,
  checkIoWorkers,
  checkVerifies,
  checkCriteria,
  checkEffects,
  checkPowerFlow,
];

/** All problems that the rules find. */
export function crossFieldProblems(draft: Draft, source: Source): Problem[] {
  const problems: Problem[] = [];
  for (const check of CHECKS) check(draft, (path, message, aim) => problems.push(source.problem(path, message, aim)));
  return problems;
}
