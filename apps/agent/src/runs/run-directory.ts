/** Names inside `<agent dir>/runs/<runId>-<epoch>/`: the contract between agent and runner. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type RunOrder, runOrderSchema } from "@assay/protocol";
import { z } from "zod";

export const launchSchema = z.object({
  /** CLOCK_BOOTTIME after which nothing goes to the drive, ns. */
  deadlineBoottimeNs: z.string().regex(/^\d+$/),
  bootId: z.string(),
  slotName: z.string(),
  hostFile: z.string(),
  agentVersion: z.string(),
  cmdlogDir: z.string(),
  tableDir: z.string(),
});
export type Launch = z.infer<typeof launchSchema>;

export interface RunKey {
  runId: string;
  epoch: number;
}

const RUN_DIRECTORY = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(\d{1,9})$/;

export function runName(key: RunKey): string {
  return `${key.runId}-${key.epoch}`;
}

/** null when the name is none of a run directory. */
export function parseRunName(name: string): RunKey | null {
  const match = RUN_DIRECTORY.exec(name);
  return match?.[1] === undefined ? null : { runId: match[1], epoch: Number(match[2]) };
}

export type Request = "cancel" | "revoke" | "release";

export function runFiles(directory: string) {
  return {
    directory,
    order: join(directory, "order.json"),
    launch: join(directory, "launch.json"),
    journal: join(directory, "journal.jsonl"),
    runnerLog: join(directory, "runner.log"),
    parked: join(directory, "parked"),
    acked: join(directory, "acked"),
    cmdlog: join(directory, "cmdlog"),
    /** Why the agent killed the runner; written before the signal. */
    killed: join(directory, "killed"),
    /** Everything has been acknowledged; its age decides when the directory goes. */
    shipped: join(directory, "shipped"),
    request: (request: Request) => join(directory, request),
  };
}
export type RunFiles = ReturnType<typeof runFiles>;

/** @throws when the directory was not made by an agent of this version */
export function readOrder(directory: string): RunOrder {
  return runOrderSchema.parse(JSON.parse(readFileSync(runFiles(directory).order, "utf8")));
}

/** @throws as `readOrder` */
export function readLaunch(directory: string): Launch {
  return launchSchema.parse(JSON.parse(readFileSync(runFiles(directory).launch, "utf8")));
}
