import { having, integer, object } from "../check";
import { NvmeError } from "../nvme-error";
import type { CompletionEntry, SubmissionEntry } from "./entries";
import type { BareSubmissionQueue } from "./submission-queue";
import { TOO_LATE, until } from "./until";

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 3_600_000;

/** One command after the other, or several at once, over a queue pair of a script: posts, rings, waits for its own cid. */
export class BareAdmin {
  constructor(readonly submissionQueue: BareSubmissionQueue) {
    having("submissionQueue", submissionQueue, ["post", "ring", "completionQueue"]);
  }

  /** Where its completions come. */
  get completionQueue() {
    return this.submissionQueue.completionQueue;
  }

  /** @throws ERR_TIMEOUT, ERR_QPAIR when the queue is full; an error status is a value. */
  async execute(entry: SubmissionEntry, options: { timeoutMs?: number } = {}): Promise<CompletionEntry> {
    const o = object<typeof options>("options", options, ["timeoutMs"]);
    const timeoutMs = integer("timeoutMs", o.timeoutMs ?? DEFAULT_TIMEOUT_MS, 1, MAX_TIMEOUT_MS);
    const cid = this.submissionQueue.post(entry);
    await this.submissionQueue.ring();
    let completion: CompletionEntry | null = null;
    await until(timeoutMs, async () => {
      completion = await this.completionQueue.claim(this.submissionQueue.qid, cid);
      return completion !== null;
    }).catch((reason: unknown) => {
      if (reason !== TOO_LATE) throw reason;
      const message = `command ${cid} (opcode ${entry.opcode}) of queue ${this.submissionQueue.qid} took longer than ${timeoutMs} ms`;
      throw new NvmeError("ERR_TIMEOUT", message);
    });
    return completion!;
  }
}
