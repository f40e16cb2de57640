import type { NamespaceIdentity, VerifyResult } from "@assay/nvme-native";
import { findStep } from "../find-step";
import { findings } from "../findings";
import { placeOf } from "../place";
import { intersection, regionInLbas } from "../region";
import { failed, OK, type StepExecutor, type StepOf, type StepScope } from "../scope";
import { PlanMisfit } from "../step-errors";
import { suspect } from "../suspicion";
import { sweep } from "../verify-sweep";
import { WorkerRecord } from "../worker-record";

/** Commands outstanding while verifying. */
const VERIFY_DEPTH = 32;

export const verifyStep: StepExecutor<"verify"> = async (step, scope) => {
  const { drive, journal, observations, exposure } = scope.run;
  const namespace = await drive.namespace(step.nsid);
  const region = whatToRead(step, scope, namespace.identity);
  const options = { rule: step.rule, written: step.written !== null, depth: VERIFY_DEPTH };
  const { result, brokenOff } = await sweep(namespace, region, options, scope.signal);
  scope.run.lookForStops();
  exposure.moved((result.checkedLbas + result.unknownLbas) * BigInt(namespace.identity.lbaBytes), 0n);
  const record = new WorkerRecord((body) => journal.append(body), placeOf(scope, step.id));
  for (const miscompare of result.miscompares) record.takeMiscompare(miscompare);
  const half = brokenOff !== null || (scope.signal.aborted && result.coveragePercent !== 100);
  const metrics = verifyMetrics(result);
  observations.emit(scope, step, half ? findings(metrics, FINDINGS) : metrics);
  if (result.violations > 0n)
    return failed(`${result.violations} sectors break the rule ${step.rule}`, suspect("miscompare"));
  if (result.readErrors > 0n)
    return failed(`${result.readErrors} reads came back with an error status`, suspect("unexpected-status"));
  if (brokenOff !== null) throw brokenOff;
  scope.signal.throwIfAborted();
  return OK;
};

/** What counts also where the sweep was not finished. */
const FINDINGS = ["violations", "readErrors"] as const;

function verifyMetrics(result: VerifyResult) {
  return {
    violations: Number(result.violations),
    // Nothing was known of the region: a criterion on it is errored, not passed.
    ...(result.coveragePercent === null ? {} : { coverage: result.coveragePercent }),
    checkedLbas: Number(result.checkedLbas),
    unknownLbas: Number(result.unknownLbas),
    newest: Number(result.newest),
    older: Number(result.older),
    readErrors: Number(result.readErrors),
    duration: result.durationMs,
  };
}

/** The step's region; of what an ioworker step wrote only the part inside of it. */
function whatToRead(step: StepOf<"verify">, scope: StepScope, identity: NamespaceIdentity) {
  const own = regionInLbas(step, identity);
  if (step.written === null) return own;
  const { plan } = scope.run;
  const writer = findStep([...plan.steps, ...plan.finally], step.written);
  if (writer?.kind !== "ioworker") throw new PlanMisfit(`${step.written} is no ioworker step of this plan`);
  if (writer.nsid !== step.nsid)
    throw new PlanMisfit(`${step.written} wrote to namespace ${writer.nsid} and not to ${step.nsid}`);
  return intersection(own, regionInLbas(writer, identity));
}
