/**
 * What goes when the spool is past its limit: events that were acknowledged, then raw samples, then logs; never results.
 * Shed events keep their numbers: the shipper says `gap` in their place. A live journal is appended to by its runner and
 * cannot be rewritten, so the bytes are given back as holes in the file.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { readLines, seqOf, typeOf } from "./journal-file";

/** Smallest hole that gives a block back, bytes. */
const LEAST_HOLE_BYTES = 8192;
/** Holes per journal and pass. */
const MAX_HOLES = 64;

export type ShedStage = "acknowledged" | "samples" | "logs";
export const SHED_ORDER: readonly ShedStage[] = ["acknowledged", "samples", "logs"];

export interface ShedCandidate {
  seq: number | null;
  type: string | null;
  from: number;
  to: number;
}

export interface Hole {
  from: number;
  to: number;
  events: number;
}

/** Runs of neighbouring events that may go at this stage, oldest first. The last line always stays. Pure. */
export function planHoles(lines: ShedCandidate[], stage: ShedStage, ackedSeq: number): Hole[] {
  const holes: Hole[] = [];
  for (const line of lines.slice(0, -1)) {
    if (!mayGo(line, stage, ackedSeq)) continue;
    const last = holes.at(-1);
    if (last !== undefined && last.to === line.from) {
      last.to = line.to;
      last.events++;
    } else holes.push({ from: line.from, to: line.to, events: 1 });
  }
  return holes.filter((hole) => hole.to - hole.from >= LEAST_HOLE_BYTES).slice(0, MAX_HOLES);
}

function mayGo(line: ShedCandidate, stage: ShedStage, ackedSeq: number): boolean {
  if (line.seq === null) return false;
  if (stage === "acknowledged") return line.seq <= ackedSeq;
  return line.type === (stage === "samples" ? "samples" : "log");
}

export function readCandidates(journal: string): ShedCandidate[] {
  return [...readLines(journal, 0)].map(({ text, from, to }) => ({
    seq: seqOf(text),
    type: quickType(text),
    from,
    to,
  }));
}

function quickType(line: string): string | null {
  return /"body":\{"type":"([a-z-]+)"/.exec(line)?.[1] ?? typeOf(line);
}

/** Gives the bytes back. @throws when this file system has no holes */
export async function punch(journal: string, hole: Hole): Promise<void> {
  const range = ["--offset", String(hole.from), "--length", String(hole.to - hole.from)];
  await promisify(execFile)("fallocate", ["--punch-hole", ...range, journal], { timeout: 10_000 });
}
