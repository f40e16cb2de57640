import { untilOver } from "../background-operation";
import { CommandFailed } from "../command-status";
import { failed, OK, type StepExecutor } from "../scope";
import { PlanMisfit } from "../step-errors";
import { suspect } from "../suspicion";

const SELF_TEST_LOG = 0x06;
/** Identify Controller OACS bit 4. */
const OACS_SELF_TEST = 0x10;
const ALL_NAMESPACES = 0xffff_ffff;
/** Newest result data structure in the log (NVMe Base 2.0, figure 205). */
const NEWEST = 4;

export const selfTestStep: StepExecutor<"self-test"> = async (step, scope) => {
  const { drive, clock, observations } = scope.run;
  if ((drive.controller.identity.oacs & OACS_SELF_TEST) === 0)
    throw new PlanMisfit("this drive has no self-test (OACS bit 4 is 0)");
  await drive.beforeEffect("writes");
  const beganMs = clock.monotonicMs();
  const completion = await drive.controller.commands((commands) =>
    commands.deviceSelfTest(step.test, step.nsid ?? ALL_NAMESPACES),
  );
  if (completion.sct !== 0 || completion.sc !== 0) throw new CommandFailed("Device Self-test", completion);
  const page = await untilOver(scope, SELF_TEST_LOG, step.withinMs, (log) => (log.getUint8(0) & 15) === 0);
  if (page === null)
    return failed(`the self-test was not over within ${step.withinMs} ms`, suspect("not-ready-in-time"));
  const result = page.getUint8(NEWEST) & 15;
  const segment = page.getUint8(NEWEST + 1);
  observations.emit(scope, step, { duration: clock.monotonicMs() - beganMs, result, segment });
  if (result === 0) return OK;
  return failed(`the self-test ended with result ${result.toString(16)}h (log 06h)`, suspect("unexpected-status"));
};
