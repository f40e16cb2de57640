/** Keeps the spool within its limit: counts, cleans what was acknowledged long enough ago, sheds when it must. */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "../inventory/units";
import { type Logger, seldom } from "../platform/logger";
import type { Run } from "./run";
import { runName } from "./run-directory";
import { planHoles, punch, readCandidates, SHED_ORDER } from "./shedding";
import { freeBytesOf, spoolRefusal } from "./spool";

/** Shedding goes on until the use is below this share of the limit. */
const SHED_TO = 0.9;

export class SpoolKeeper {
  private readonly complain: (text: string) => void;

  constructor(
    private readonly folder: string,
    readonly limitBytes: number,
    private readonly retentionMs: number,
    private readonly log: Logger,
    private readonly nowMs: () => number,
  ) {
    this.complain = seldom((text) => log.error(text), 60_000, nowMs);
  }

  usedBytes(runs: Run[]): number {
    return runs.reduce((sum, run) => sum + directoryBytes(run.files.directory), 0);
  }

  /** Why an order of this size may not start beside what is admitted; null when it may. */
  refusal(orderBytes: number, candidate: Run, runs: Run[]): string | null {
    // What was acknowledged can go at any time and takes no room.
    const others = runs.filter((run) => run !== candidate && shippedAt(run) === null);
    const promised = others
      .filter((run) => !run.ended)
      .reduce((sum, run) => sum + Math.max(0, (run.order?.spoolBytes ?? 0) - directoryBytes(run.files.directory)), 0);
    const view = { limitBytes: this.limitBytes, usedBytes: this.usedBytes(others), promisedBytes: promised };
    return spoolRefusal({ ...view, freeBytes: freeBytesOf(this.folder) }, orderBytes);
  }

  /** One pass. @returns the runs whose directories are gone */
  async tidy(runs: Run[], ackedOf: (run: Run) => number): Promise<Run[]> {
    const gone = runs.filter((run) => this.mayGo(run));
    let used = this.usedBytes(runs);
    if (used > this.limitBytes) {
      // Space is short: what was acknowledged goes before its time.
      for (const run of oldestFirst(runs)) {
        if (used <= this.limitBytes * SHED_TO) break;
        if (gone.includes(run) || shippedAt(run) === null) continue;
        used -= directoryBytes(run.files.directory);
        gone.push(run);
      }
    }
    for (const run of gone) rmSync(run.files.directory, { recursive: true, force: true });
    const kept = runs.filter((run) => !gone.includes(run));
    if (this.usedBytes(kept) > this.limitBytes) await this.shed(kept, ackedOf);
    return gone;
  }

  private mayGo(run: Run): boolean {
    const at = shippedAt(run);
    return at !== null && this.nowMs() - at >= this.retentionMs;
  }

  private async shed(runs: Run[], ackedOf: (run: Run) => number): Promise<void> {
    this.complain(
      `the spool is past its limit: ${formatBytes(this.usedBytes(runs))} of ${formatBytes(this.limitBytes)}`,
    );
    for (const stage of SHED_ORDER) {
      for (const run of oldestFirst(runs)) {
        if (this.usedBytes(runs) <= this.limitBytes * SHED_TO) return;
        const holes = planHoles(readCandidates(run.files.journal), stage, ackedOf(run));
        for (const hole of holes) {
          try {
            await punch(run.files.journal, hole);
          } catch (error) {
            this.complain(`the spool cannot be made smaller on this file system: ${(error as Error).message}`);
            return;
          }
        }
        const events = holes.reduce((sum, hole) => sum + hole.events, 0);
        if (events > 0) this.log.warn(`run ${runName(run.key)}: ${events} events were shed (${stage})`);
      }
    }
  }
}

function oldestFirst(runs: Run[]): Run[] {
  const age = (run: Run) => statOf(run.files.order)?.mtimeMs ?? 0;
  return [...runs].sort((a, b) => age(a) - age(b));
}

/** When everything of the run was acknowledged; null before that. */
function shippedAt(run: Run): number | null {
  return statOf(run.files.shipped)?.mtimeMs ?? null;
}

/** Bytes on disk, holes not counted. */
function directoryBytes(folder: string): number {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true }) as string[];
  } catch {
    return 0;
  }
  return names.reduce((sum, name) => sum + (statOf(join(folder, name))?.blocks ?? 0) * 512, 0);
}

function statOf(file: string) {
  return statSync(file, { throwIfNoEntry: false }) ?? null;
}
