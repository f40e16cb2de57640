/** From a claim's answer to a run directory. */
import { join } from "node:path";
import { runOrderSchema, wireRefusal } from "@assay/protocol";
import { chooseCmdlogDir } from "./cmdlog-files";
import { makeRunDirectory } from "./make-directory";
import { type Launch, type RunKey, runName } from "./run-directory";

export interface HostPlace {
  agentDir: string;
  runs: string;
  tables: string;
  hostFile: string;
  agentVersion: string;
  bootId: string;
}

/** Why the answer is no order that this agent can carry out, or null. Pure. */
export function orderRefusal(key: RunKey, answer: unknown): string | null {
  const version = (answer as { wireVersion?: unknown } | null)?.wireVersion;
  const refusal = typeof version === "number" ? wireRefusal(version) : "the order has no wire version";
  if (refusal !== null) return refusal;
  const parsed = runOrderSchema.safeParse(answer);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `the order is not understood: ${issue?.path.join(".")}: ${issue?.message}`;
  }
  const { runId, epoch } = parsed.data;
  return runId === key.runId && epoch === key.epoch
    ? null
    : `the order is for run ${runId}-${epoch}, not ${runName(key)}`;
}

/**
 * Writes the run's directory. @returns its path, and the reason when the order cannot be carried out (it is kept as it
 * came, and answered with `ended`)
 */
export function takeOrder(
  place: HostPlace,
  key: RunKey,
  answer: unknown,
  claimedNs: bigint,
): { directory: string; refusal: string | null } {
  const directory = join(place.runs, runName(key));
  const refusal = orderRefusal(key, answer);
  makeRunDirectory(directory, answer, refusal === null ? launchOf(place, key, answer, directory, claimedNs) : null);
  return { directory, refusal };
}

function launchOf(place: HostPlace, key: RunKey, answer: unknown, directory: string, claimedNs: bigint): Launch {
  const order = runOrderSchema.parse(answer);
  return {
    deadlineBoottimeNs: (claimedNs + BigInt(order.budgetMs) * 1_000_000n).toString(),
    bootId: place.bootId,
    slotName: order.slot,
    hostFile: place.hostFile,
    agentVersion: place.agentVersion,
    cmdlogDir: chooseCmdlogDir(runName(key), directory, place.agentDir),
    tableDir: place.tables,
  };
}
