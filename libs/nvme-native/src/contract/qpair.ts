/** A queue pair; `../qpair.ts` implements it. */

import type { RecordedCommand } from "../command/recorded-commands";

/** Of the newest command that has ended. */
export interface LatestCommand {
  /** null when our side ended it. */
  cid: number | null;
  latencyNs: number;
}

/** A queue pair that is wanted. */
export interface QpairOptions {
  /** Queue entries; `depth` - 1 commands can be outstanding. */
  depth: number;
  /** 0 urgent, 1 high, 2 medium, 3 low; others than 0 need weighted round robin. */
  priority?: 0 | 1 | 2 | 3;
  /** Default true; false: the completion queue has no interrupts (IEN = 0). Commands complete all the same. */
  interrupts?: boolean;
  /** MSI-X vector; default: the one with the queue's number. */
  vector?: number;
}

/** A queue pair of a script: commands of several namespaces go through it, as many as one likes wait for their turn. */
export interface Qpair {
  readonly qid: number;
  /** Queue entries. */
  readonly depth: number;
  /** Path of this qpair's flight recorder, or null. Once another queue has its id the same file with `.1`, then `.2` behind it. */
  readonly cmdlogPath: string | null;
  /** The newest command that has ended on it; null before the first. */
  readonly latest: LatestCommand | null;
  /**
   * Its commands that the drive has not completed, newest first; what was sent just before is among them. Their cids are what
   * `AdminCommands.abort` takes; SPDK's own queues tell none before the completion (0 then).
   */
  outstanding(): Promise<RecordedCommand[]>;
  /** Its flight recorder: the newest `count` commands (0: all it has), newest first; also after `delete` and `close`. */
  cmdlog(count?: number): RecordedCommand[];
  /** What is outstanding is settled first. @throws ERR_FROZEN, and stays */
  delete(): Promise<void>;
}
