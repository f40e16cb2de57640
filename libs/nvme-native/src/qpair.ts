import type { ControllerAccess } from "./access";
import type { LatestCommand, Qpair } from "./driver";
import { addon, type NativeHandle, settle } from "./native";
import { type RecordedCommand, recordedCommands } from "./recorded-commands";
import { type Completion, NvmeError } from "./types";

export function latestOf({ cid, latencyNs }: Completion): LatestCommand {
  return { cid: cid ?? null, latencyNs };
}

export class NvmeQpair implements Qpair {
  #deleted = false;
  #latest: LatestCommand | null = null;

  constructor(
    readonly controller: ControllerAccess,
    readonly native: NativeHandle,
    readonly qid: number,
    readonly depth: number,
    readonly cmdlogPath: string | null,
  ) {}

  get latest(): LatestCommand | null {
    return this.#latest;
  }

  /** For our own use: a command on it has ended. */
  ended(completion: Completion): Completion {
    this.#latest = latestOf(completion);
    return completion;
  }

  /** @throws ERR_CLOSED after delete or close. */
  use(): NativeHandle {
    this.controller.use();
    if (this.#deleted) throw new NvmeError("ERR_CLOSED", `queue pair ${this.qid} is deleted`);
    return this.native;
  }

  cmdlog(count = 0): RecordedCommand[] {
    return recordedCommands(addon().qpairCmdlog(this.native), count);
  }

  async delete(): Promise<void> {
    const qpair = this.use();
    this.#deleted = true;
    try {
      await settle(addon().deleteQpair(this.controller.use(), qpair));
    } catch (reason) {
      // Frozen: it is still there.
      this.#deleted = false;
      throw reason;
    }
  }
}
