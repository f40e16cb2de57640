/** One zone of a zoned namespace, and a queue pair to reach it by: what a script does to a zone, in short. */
import { type CommandData, viewOf } from "../buffer/buffer";
import { big, having, U64 } from "../check";
import type { Completion } from "../command/completion";
import type { Namespace } from "../contract/namespace";
import type { Qpair } from "../contract/qpair";
import type { IoWorker } from "../worker/handle";
import type { IoWorkerOptions } from "../worker/options";
import type { AppendFlags, TransferFlags } from "./io-options";
import type { ACTIONS, Zone, ZoneFacts } from "./zone-report";

const MAX_TRANSFER_BYTES = 2 ** 32 - 1;

/** What a zone needs of its namespace. */
interface Zoned {
  readonly namespace: Namespace;
  readonly facts: ZoneFacts;
  zone(qpair: Qpair, lba: bigint, options?: { extended?: boolean }): Promise<Zone>;
  act(qpair: Qpair, action: keyof typeof ACTIONS, zslba: bigint): Promise<Completion>;
  setExtension(qpair: Qpair, zslba: bigint, data: CommandData): Promise<Completion>;
  append(
    qpair: Qpair,
    zslba: bigint,
    data: CommandData,
    flags?: AppendFlags,
  ): Promise<{ completion: Completion; lba: bigint | null }>;
}

/** A zone and a queue pair. What the drive refuses is a value. */
export class ZoneHandle {
  /** @param slba first LBA of the zone; `ZonedNamespace.at` finds it. */
  constructor(
    private readonly zoned: Zoned,
    private readonly qpair: Qpair,
    readonly slba: bigint,
  ) {
    having("zoned", zoned, ["namespace", "facts", "zone", "act", "setExtension", "append"]);
    having("qpair", qpair, []);
    big("slba", slba, 0n, U64);
  }

  /**
   * State, capacity and write pointer as the drive tells them now; `extended`: its descriptor extension too. @throws
   * ERR_ARGUMENT when it refuses to tell
   */
  async report(options: { extended?: boolean } = {}): Promise<Zone> {
    return this.zoned.zone(this.qpair, this.slba, options);
  }

  open(): Promise<Completion> {
    return this.zoned.act(this.qpair, "open", this.slba);
  }
  close(): Promise<Completion> {
    return this.zoned.act(this.qpair, "close", this.slba);
  }
  finish(): Promise<Completion> {
    return this.zoned.act(this.qpair, "finish", this.slba);
  }
  reset(): Promise<Completion> {
    return this.zoned.act(this.qpair, "reset", this.slba);
  }
  offline(): Promise<Completion> {
    return this.zoned.act(this.qpair, "offline", this.slba);
  }

  /** As `ZonedNamespace.setExtension`. */
  async setExtension(data: CommandData): Promise<Completion> {
    return this.zoned.setExtension(this.qpair, this.slba, data);
  }

  /** `offset`: LBAs from the zone's start. */
  async read(offset: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.zoned.namespace.read(this.qpair, this.#at(offset), data, flags);
  }

  /** At `offset` LBAs from the zone's start: anywhere but the write pointer it is the drive's to refuse (01/bc). */
  async write(offset: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.zoned.namespace.write(this.qpair, this.#at(offset), data, flags);
  }

  /** Zone Append; `offset` is where the data went, null when the drive refused. */
  async append(data: CommandData, flags?: AppendFlags): Promise<{ completion: Completion; offset: bigint | null }> {
    viewOf("data", data, 1, MAX_TRANSFER_BYTES);
    const { completion, lba } = await this.zoned.append(this.qpair, this.slba, data, flags);
    return { completion, offset: lba === null ? null : lba - this.slba };
  }

  /**
   * A worker over what can be written of the zone, sequentially and one command at a time (deeper ones may arrive in
   * another order); without a limit of its own it writes or reads it once. @throws as `Namespace.startIoWorker`
   */
  async startIoWorker(options: IoWorkerOptions = {}): Promise<IoWorker> {
    having("options", options, []);
    const { capacity } = await this.report();
    const limited = [options.timeMs, options.ioCount, options.passes].some((limit) => typeof limit === "number");
    return this.zoned.namespace.startIoWorker({
      regionStartLba: this.slba,
      regionLbas: capacity,
      randomPercent: 0,
      depth: 1,
      ...(limited || options.untilPowerLost === true ? {} : { passes: 1 }),
      ...options,
    });
  }

  #at(offset: bigint): bigint {
    return this.slba + big("offset", offset, 0n, this.zoned.facts.zoneLbas - 1n);
  }
}
