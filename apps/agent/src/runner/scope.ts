/** What a step executor is given. A run has one `RunContext`; a `StepScope` says where in the plan one execution stands. */
import type { ResolvedPlan, ResolvedStep, StepKind } from "@assay/plans";
import type { RunOrder } from "@assay/protocol";
import type { PowerDriver } from "../power/power-driver";
import type { Clock } from "./clock";
import type { Drive } from "./drive";
import type { Exposure } from "./exposure";
import type { FirmwareImage } from "./firmware-image";
import type { Journal } from "./journal";
import type { Observations } from "./observations";
import type { Standing } from "./place";
import type { Standstill } from "./standstill";
import type { StartLine } from "./start-line";
import type { Suspicion } from "./suspicion";

export interface StepResult {
  /** `ok`: did what it says; `failed`: the drive broke a rule; `errored`: could not be carried out; `skipped`. */
  outcome: "ok" | "failed" | "errored" | "skipped";
  reason: string | null;
  suspicion: Suspicion | null;
}

export const OK: StepResult = { outcome: "ok", reason: null, suspicion: null };

export function skipped(reason: string): StepResult {
  return { outcome: "skipped", reason, suspicion: null };
}
export function failed(reason: string, suspicion: Suspicion): StepResult {
  return { outcome: "failed", reason, suspicion };
}
export function errored(reason: string, suspicion: Suspicion): StepResult {
  return { outcome: "errored", reason, suspicion };
}
/** Does this result end the sequence it stands in? */
export function ends(result: StepResult): boolean {
  return result.outcome === "failed" || result.outcome === "errored";
}

/** The nearest `parallel` around a step. */
export interface ParallelScope {
  start: StartLine;
  /** A reset or power step stands beside: workers ended by it have done what the plan wants. */
  disruptive: boolean;
  /** Aborted when the power was cut by a step beside. */
  powerLost: AbortController;
  /** Interrupts every step beside, also of the `parallel`s around. */
  stopBeside(why: string): void;
}

export interface StepScope extends Standing {
  run: RunContext;
  parallel: ParallelScope | null;
  /** Aborted with an `Interruption` as its reason. */
  signal: AbortSignal;
  /** In `finally` of a failed run: the drive is kept as it failed, effects are left out. */
  keepAsFailed: boolean;
}

export type StepOf<K extends StepKind> = Extract<ResolvedStep, { kind: K }>;
export type StepExecutor<K extends StepKind> = (step: StepOf<K>, scope: StepScope) => Promise<StepResult>;
export type ExecutorTable = { [K in StepKind]: StepExecutor<K> };

export interface RunContext {
  order: RunOrder;
  plan: ResolvedPlan;
  drive: Drive;
  journal: Journal;
  clock: Clock;
  observations: Observations;
  exposure: Exposure;
  power: PowerDriver | null;
  executors: ExecutorTable;
  standstill: Standstill;
  /** When this run cut the power last, monotonic; null: never. */
  cutAtMs: number | null;
  /** An image of the host by its name. @throws PlanMisfit */
  firmwareImage(name: string, sha256: string | null): FirmwareImage;
  /** Looks for requests and the deadline now, without waiting for the next poll. */
  lookForStops(): void;
}
