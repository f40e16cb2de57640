/**
 * Keeps every run of this host going: claims, starts, adopts, ends. Runners live in their own sessions and outlive the
 * agent; each tick looks at what is there and does what `decideMove` says, so a restart is only another first tick.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { HeartbeatAnswer } from "@assay/protocol";
import type { DriveFacts } from "../guard/drive-facts";
import type { SlotEntry } from "../inventory/host-schema";
import { Refused, Unreachable } from "../link/http";
import type { Orchestrator } from "../link/orchestrator";
import { type Logger, seldom } from "../platform/logger";
import { admit } from "./admission";
import type { ClaimTimes } from "./claim-times";
import { buryUnstarted, endRun, killRunner } from "./end-run";
import { isUnfinishedDirectory } from "./make-directory";
import { Run } from "./run";
import { parseRunName, type Request, type RunKey, runName } from "./run-directory";
import { Shipment } from "./shipment";
import type { Shipping } from "./shipping";
import type { SlotGate } from "./slot-gate";
import type { RunnerStarts } from "./spare-runner";
import type { SpoolKeeper } from "./spool-keeper";
import { type HostPlace, takeOrder } from "./take-order";

/** How often runs are looked at, ms. */
const TICK_MS = 250;
/** Orders that may be claimed at the same time. */
const MAX_CLAIMS = 32;

export interface SupervisorParts {
  place: HostPlace;
  orchestrator: Pick<Orchestrator, "claim" | "events" | "cmdlog">;
  shipping: Shipping;
  spool: SpoolKeeper;
  claimTimes: ClaimTimes;
  gate: SlotGate;
  runners: RunnerStarts;
  log: Logger;
  boottimeNs: () => bigint;
  nowMs: () => number;
  factsOf: (slot: SlotEntry, hostFile: string) => DriveFacts;
  /** The runner is known dead and the journal is closed. */
  onEnded: (run: Run) => void;
  deadlineGraceNs: bigint;
  revokeGraceNs: bigint;
}

export class Supervisor {
  private readonly runs = new Map<string, Run>();
  private readonly claims = new Map<string, Promise<void>>();
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  private readonly complain: (text: string) => void;
  private ticking: Promise<void> = Promise.resolve();

  constructor(private readonly parts: SupervisorParts) {
    this.complain = seldom((text) => parts.log.error(text), 60_000, parts.nowMs);
  }

  /** Adopts what is on disk and begins to look after it. */
  async start(): Promise<void> {
    for (const name of readdirSync(this.parts.place.runs)) {
      if (isUnfinishedDirectory(name)) rmSync(join(this.parts.place.runs, name), { recursive: true, force: true });
      const key = parseRunName(name);
      if (key === null) continue;
      this.parts.claimTimes.forget(key);
      this.adopt(key);
    }
    this.parts.claimTimes.forgetOtherBoots();
    await this.tick();
    this.timer = setInterval(() => void this.tick(), TICK_MS);
  }

  /** Stops looking. Runners go on; the next agent adopts them. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await Promise.allSettled([...this.claims.values(), this.ticking]);
  }

  all(): Run[] {
    return [...this.runs.values()];
  }

  /** The unended run that has the slot, if any. */
  holderOf(slot: string): Run | null {
    return this.all().find((run) => !run.ended && run.slot === slot) ?? null;
  }

  /** Forget a run whose directory is gone. */
  drop(run: Run): void {
    this.runs.delete(runName(run.key));
    this.parts.shipping.remove(runName(run.key));
  }

  /** A doorbell, or an assignment in the heartbeat's answer: claims the run once, however often it is called. Never throws. */
  ring(key: RunKey): Promise<void> {
    const name = runName(key);
    const under = this.claims.get(name);
    if (under !== undefined) return under;
    if (this.runs.has(name) || this.claims.size >= MAX_CLAIMS) return Promise.resolve();
    const claim = this.claim(key).finally(() => this.claims.delete(name));
    this.claims.set(name, claim);
    return claim;
  }

  /** What the orchestrator asked for in its heartbeat answer. */
  obey(answer: Pick<HeartbeatAnswer, "assignments" | "cancels" | "revokes" | "releases">): void {
    const asks: [Request, RunKey[]][] = [
      ["cancel", answer.cancels],
      ["revoke", answer.revokes],
      ["release", answer.releases],
    ];
    for (const [request, keys] of asks) {
      for (const key of keys) {
        const run = this.runs.get(runName(key));
        if (run !== undefined && !run.ended && run.ask(request)) this.parts.log.info(`run ${runName(key)}: ${request}`);
      }
    }
    for (const key of [...answer.assignments, ...this.parts.claimTimes.pending()]) void this.ring(key);
  }

  private async claim(key: RunKey): Promise<void> {
    const { orchestrator, claimTimes, place, log } = this.parts;
    const name = runName(key);
    try {
      const claimedNs = claimTimes.begin(key, this.parts.boottimeNs());
      const answer = await orchestrator.claim(key);
      const { directory, refusal } = takeOrder(place, key, answer, claimedNs);
      if (refusal !== null) buryUnstarted(directory, refusal, place.bootId, this.parts.nowMs());
      claimTimes.forget(key);
      this.adopt(key);
      if (refusal !== null) log.error(`run ${name} cannot be carried out: ${refusal}`);
      await this.tick();
    } catch (error) {
      const lost = error instanceof Refused ? !error.passing : error instanceof Unreachable && !error.delivered;
      if (lost) claimTimes.forget(key);
      log.warn(`run ${name} could not be claimed: ${(error as Error).message}`);
    }
  }

  private adopt(key: RunKey): void {
    const name = runName(key);
    if (this.runs.has(name)) return;
    const run = new Run(key, join(this.parts.place.runs, name));
    this.runs.set(name, run);
    this.parts.shipping.add(new Shipment(run, this.parts.orchestrator, this.parts.log));
    this.parts.shipping.wake();
  }

  /** Ticks never overlap. */
  private tick(): Promise<void> {
    const next = this.ticking.then(() => this.lookAtAll());
    this.ticking = next.catch((error: Error) => this.parts.log.error(`supervisor: ${error.stack ?? error.message}`));
    return this.ticking;
  }

  private async lookAtAll(): Promise<void> {
    for (const run of this.all()) {
      if (run.ended) continue;
      try {
        await this.lookAt(run);
      } catch (error) {
        this.complain(`run ${runName(run.key)}: ${(error as Error).message}`);
      }
    }
  }

  private async lookAt(run: Run): Promise<void> {
    const { place, log } = this.parts;
    const { move, view } = run.decide({
      bootId: place.bootId,
      boottimeNs: this.parts.boottimeNs(),
      deadlineGraceNs: this.parts.deadlineGraceNs,
      revokeGraceNs: this.parts.revokeGraceNs,
    });
    switch (move.kind) {
      case "wait":
        return;
      case "start":
        return this.startOrRefuse(run);
      case "kill":
        return killRunner(run, move.cause, log);
      case "close":
        endRun(run, move, view, place.bootId, this.parts.nowMs());
        if (!run.ended) return;
        log.info(`run ${runName(run.key)} has ended: ${move.cause}`);
        this.parts.onEnded(run);
        this.parts.shipping.wake();
    }
  }

  private startOrRefuse(run: Run): void {
    const { order, launch } = run;
    if (order === null || launch === null) return;
    const slotHolder = this.all().find((other) => other !== run && !other.ended && other.slot === launch.slotName);
    const admission = admit({
      order,
      hostFile: launch.hostFile,
      factsOf: this.parts.factsOf,
      slotHolder: slotHolder === undefined ? null : runName(slotHolder.key),
      spoolRefusal: this.parts.spool.refusal(order.spoolBytes, run, this.all()),
    });
    if (!admission.admitted) {
      this.parts.log.error(`run ${runName(run.key)} is refused: ${admission.reason}`);
      buryUnstarted(
        run.files.directory,
        admission.reason,
        this.parts.place.bootId,
        this.parts.nowMs(),
        admission.event,
      );
      run.ended = true;
      this.parts.shipping.wake();
      return;
    }
    run.starting = true;
    // A probe of the slot ends first, without holding up the other runs.
    void this.parts.gate.whenFree(launch.slotName).then(() => this.spawn(run));
  }

  private spawn(run: Run): void {
    const name = runName(run.key);
    // Stopped meanwhile: the next agent finds a run without a runner and starts it.
    if (this.stopped) return;
    try {
      const child = this.parts.runners.start(run.files, run.launch as NonNullable<Run["launch"]>);
      run.child = child;
      child.on("error", (error) => this.childGone(run, null, null, error.message));
      child.on("exit", (code, signal) => this.childGone(run, code, signal, null));
      this.parts.log.info(`run ${name} (${run.order?.planName}) started on ${run.slot}`);
    } catch (error) {
      this.childGone(run, null, null, (error as Error).message);
    } finally {
      run.starting = false;
    }
  }

  private childGone(run: Run, code: number | null, signal: string | null, problem: string | null): void {
    run.exit = { code, signal, problem };
    run.child = null;
    if (!this.stopped) void this.tick();
  }
}
