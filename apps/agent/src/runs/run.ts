/** One run that this host has taken: its directory, what is known of its runner, and how far its journal was shipped. */
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { RunOrder } from "@assay/protocol";
import { scanJournal } from "./journal-file";
import { isAlive, type ProcessMark } from "./process-mark";
import {
  type Launch,
  type Request,
  type RunFiles,
  type RunKey,
  readLaunch,
  readOrder,
  runFiles,
} from "./run-directory";
import { decideMove, type KillCause, type RunMove, type RunView } from "./run-moves";
import { readRunnerMark } from "./runner-mark";

/** Start ticks of a mark that forbids a runner to begin: no process has them. */
export const TOMBSTONE_TICKS = "0";

export interface Now {
  bootId: string;
  boottimeNs: bigint;
  deadlineGraceNs: bigint;
  revokeGraceNs: bigint;
}

export class Run {
  readonly files: RunFiles;
  readonly order: RunOrder | null;
  readonly launch: Launch | null;
  /** The runner as a child of this agent, until it exits; an adopted runner is none. */
  child: ChildProcess | null = null;
  exit: { code: number | null; signal: string | null; problem: string | null } | null = null;
  starting = false;
  /** Why this agent killed the runner, also where the disk had no room for it. */
  killed: KillCause | null = null;
  ended: boolean;
  /** Everything of it had been acknowledged when the agent found it. */
  readonly shipped: boolean;
  private finishedSeen: boolean;
  private mark: ProcessMark | null = null;
  private revokedNs: bigint | null = null;
  private releasedNs: bigint | null = null;

  constructor(
    readonly key: RunKey,
    directory: string,
  ) {
    this.files = runFiles(directory);
    this.order = orNull(() => readOrder(directory));
    this.launch = orNull(() => readLaunch(directory));
    this.shipped = existsSync(this.files.shipped);
    const journal = this.shipped ? null : scanJournal(this.files.journal);
    this.ended = journal?.ended ?? true;
    this.finishedSeen = journal?.finished ?? true;
  }

  get slot(): string | null {
    return this.launch?.slotName ?? null;
  }

  /** The runner's mark, read until it is there. */
  runnerMark(): ProcessMark | null {
    this.mark ??= orNull(() => readRunnerMark(this.files.directory));
    return this.mark;
  }

  parked(): boolean {
    return existsSync(this.files.parked);
  }

  has(request: Request): boolean {
    return existsSync(this.files.request(request));
  }

  /** Leaves a request for the runner. @returns false when it was there already */
  ask(request: Request): boolean {
    if (this.has(request)) return false;
    writeFileSync(this.files.request(request), "", { mode: 0o600 });
    return true;
  }

  /** Why its runner was killed, by this agent or the one before it. */
  killedFor(): KillCause | null {
    if (this.killed !== null) return this.killed;
    const cause = orNull(() => readFileSync(this.files.killed, "utf8"));
    return cause === "killed-deadline" || cause === "killed-revoked" ? cause : null;
  }

  decide(now: Now): { move: RunMove; view: RunView } {
    const view = this.view(now);
    return { move: decideMove(view), view };
  }

  private view(now: Now): RunView {
    if (this.revokedNs === null && this.has("revoke")) this.revokedNs = now.boottimeNs;
    if (this.releasedNs === null && this.has("release")) this.releasedNs = now.boottimeNs;
    const runner = this.runnerState(now.bootId);
    // Read after the runner was seen dead: whatever it wrote is in the journal by then.
    if (!this.finishedSeen && (runner === "dead" || this.launch?.bootId !== now.bootId))
      this.finishedSeen = scanJournal(this.files.journal).finished;
    return {
      sameBoot: this.launch === null || this.launch.bootId === now.bootId,
      runner,
      parked: this.parked(),
      finished: this.finishedSeen,
      ended: this.ended,
      killed: this.killedFor(),
      nowNs: now.boottimeNs,
      deadlineNs: BigInt(this.launch?.deadlineBoottimeNs ?? "0"),
      revokedNs: this.revokedNs,
      releasedNs: this.releasedNs,
      deadlineGraceNs: now.deadlineGraceNs,
      revokeGraceNs: now.revokeGraceNs,
    };
  }

  private runnerState(bootId: string): RunView["runner"] {
    const mark = this.runnerMark();
    if (mark !== null) {
      if (mark.startTicks === TOMBSTONE_TICKS) return "tombstone";
      // A child is dead when its exit was told: only then are its exit code and signal known.
      return this.child?.pid === mark.pid || isAlive(mark, bootId) ? "alive" : "dead";
    }
    if (this.starting || this.child !== null) return "starting";
    return this.exit === null ? "none" : "stillborn";
  }
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
