/** Every step kind and what carries it out; the compiler finds a missing one. */
import type { ExecutorTable } from "../scope";
import { adminStep } from "./admin.step";
import { assertStep } from "./assert.step";
import { captureStep } from "./capture.step";
import { firmwareStep } from "./firmware.step";
import { formatStep } from "./format.step";
import { ioStep } from "./io.step";
import { ioworkerStep } from "./ioworker.step";
import { namespaceStep } from "./namespace.step";
import { parallelStep } from "./parallel.step";
import { powerStep } from "./power.step";
import { repeatStep } from "./repeat.step";
import { resetStep } from "./reset.step";
import { sanitizeStep } from "./sanitize.step";
import { selfTestStep } from "./self-test.step";
import { snapshotStep } from "./snapshot.step";
import { verifyStep } from "./verify.step";
import { waitStep } from "./wait.step";
import { zoneStep } from "./zone.step";

export const EXECUTORS: ExecutorTable = {
  snapshot: snapshotStep,
  ioworker: ioworkerStep,
  verify: verifyStep,
  assert: assertStep,
  admin: adminStep,
  reset: resetStep,
  format: formatStep,
  power: powerStep,
  wait: waitStep,
  capture: captureStep,
  io: ioStep,
  sanitize: sanitizeStep,
  "self-test": selfTestStep,
  namespace: namespaceStep,
  firmware: firmwareStep,
  zone: zoneStep,
  repeat: repeatStep,
  parallel: parallelStep,
};
