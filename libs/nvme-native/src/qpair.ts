import type { ControllerAccess } from "./access";
import type { Qpair } from "./driver";
import { addon, type NativeHandle, settle } from "./native";
import { NvmeError } from "./types";

export class NvmeQpair implements Qpair {
  #deleted = false;

  constructor(
    readonly controller: ControllerAccess,
    readonly native: NativeHandle,
    readonly qid: number,
    readonly depth: number,
    readonly cmdlogPath: string | null,
  ) {}

  /** @throws ERR_CLOSED after delete or close. */
  use(): NativeHandle {
    this.controller.use();
    if (this.#deleted) throw new NvmeError("ERR_CLOSED", `queue pair ${this.qid} is deleted`);
    return this.native;
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
