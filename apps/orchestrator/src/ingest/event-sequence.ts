/** Which events of a batch are new: promise 4, each event is stored once and without a gap. */
import type { RunEvent } from "@assay/protocol";

export type SequenceAnswer =
  /** Store these and want `nextSeq` afterwards. Empty: everything was known. */
  | { kind: "accept"; events: RunEvent[]; nextSeq: number }
  /** Events between are missing: send again from `nextSeq`. */
  | { kind: "hole"; nextSeq: number }
  /** Not a sequence at all. */
  | { kind: "broken"; reason: string };

export function continueSequence(nextSeq: number, batch: readonly RunEvent[]): SequenceAnswer {
  for (let i = 1; i < batch.length; i++) {
    const before = batch[i - 1]!.seq;
    const here = batch[i]!.seq;
    if (here !== before + 1) return { kind: "broken", reason: `event ${here} follows event ${before} in one batch` };
  }
  const first = batch[0]!.seq;
  if (first > nextSeq) return { kind: "hole", nextSeq };
  const events = batch.slice(nextSeq - first);
  return { kind: "accept", events, nextSeq: nextSeq + events.length };
}
