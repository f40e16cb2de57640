import { addon, settle } from "../addon/addon";
import type { NativeHandle } from "../addon/command";
import { flag, integer, object } from "../check";
import type { ControllerAccess } from "../command/access";
import type { Completion } from "../command/completion";
import { InFlight } from "../command/in-flight";
import { type RecordedCommand, recordedCommands } from "../command/recorded-commands";
import type { LatestCommand, Qpair, QpairOptions } from "../contract/qpair";
import { NvmeError } from "../nvme-error";

/** MSI-X has 2048 vectors; the addon's word for "the one with the queue's number". */
const MAX_VECTOR = 2047;
const OWN_VECTOR = 0xffff;

export class NvmeQpair implements Qpair {
  #deleted = false;
  readonly #commands = new InFlight();

  constructor(
    readonly controller: ControllerAccess,
    readonly native: NativeHandle,
    readonly qid: number,
    readonly depth: number,
    readonly cmdlogPath: string | null,
  ) {}

  get latest(): LatestCommand | null {
    return this.#commands.latest;
  }

  /** For our own use: a command on it, until its end. */
  during(command: Promise<Completion>): Promise<Completion> {
    return this.#commands.during(command);
  }

  async outstanding(): Promise<RecordedCommand[]> {
    return this.#commands.outstanding(() => addon().qpairCmdlog(this.native), this.controller.keyValueNsids);
  }

  /** @throws ERR_CLOSED after delete or close. */
  use(): NativeHandle {
    this.controller.use();
    if (this.#deleted) throw new NvmeError("ERR_CLOSED", `queue pair ${this.qid} is deleted`);
    return this.native;
  }

  cmdlog(count = 0): RecordedCommand[] {
    return recordedCommands(addon().qpairCmdlog(this.native), count, this.controller.keyValueNsids);
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

/** @throws ERR_ARGUMENT, ERR_QPAIR when the drive has none left */
export async function createQpair(
  controller: ControllerAccess,
  options: QpairOptions,
  maxEntries: number,
): Promise<NvmeQpair> {
  const o = object<QpairOptions>("options", options, ["depth", "priority", "interrupts", "vector"]);
  const depth = integer("depth", o.depth, 2, maxEntries);
  const priority = integer("priority", o.priority ?? 0, 0, 3);
  const interrupts = flag("interrupts", o.interrupts ?? true);
  const vector = o.vector === undefined ? OWN_VECTOR : integer("vector", o.vector, 0, MAX_VECTOR);
  const made = await settle(addon().createQpair(controller.use(), depth, priority, interrupts, vector));
  return new NvmeQpair(controller, made.handle, made.qid, depth, made.cmdlogPath);
}
