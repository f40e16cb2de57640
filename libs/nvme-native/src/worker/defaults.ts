/** What a worker does when it is not told otherwise. */
import { freshSeed } from "../buffer/fresh-seeds";
import type { ControllerIdentity } from "../controller/identity";
import type { IoWorkerOptions } from "./options";

const DEFAULT_LBAS = 8;
const DEFAULT_DEPTH = 64;
const RANDOM_READS = 100;

/** The options that a script gave, and for those that it left out the values that `IoWorkerOptions` tells of. */
export function withDefaults(
  given: IoWorkerOptions,
  ns: { lbaBytes: number },
  controller: Pick<ControllerIdentity, "maxQueueEntries" | "mdtsBytes">,
  worker: number,
): IoWorkerOptions {
  const replay = given.sequence !== undefined && given.sequence !== null;
  const mixed = given.operations !== undefined && given.operations !== null;
  const commands = replay
    ? {}
    : {
        sizeBytes: Math.min(DEFAULT_LBAS * ns.lbaBytes, controller.mdtsBytes),
        randomPercent: RANDOM_READS,
        ...(mixed ? {} : { readPercent: RANDOM_READS }),
      };
  const defaults: Partial<IoWorkerOptions> = {
    ...commands,
    worker,
    depth: Math.min(DEFAULT_DEPTH, controller.maxQueueEntries - 1),
  };
  const told = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...defaults, ...told, seed: given.seed ?? freshSeed() };
}
