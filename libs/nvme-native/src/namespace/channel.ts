/** How commands of one namespace reach a queue pair: with their data, metadata and protection information. */

import type { NativeCommand, NativeData, NativeDirection, NativeHandle } from "../addon/command";
import { type CommandData, carried, viewOf } from "../buffer/buffer";
import { big, object, refuse, U64 } from "../check";
import type { ControllerAccess } from "../command/access";
import type { Completion } from "../command/completion";
import type { Qpair } from "../contract/qpair";
import type { NamespaceIdentity } from "../controller/identity";
import { NvmeError } from "../nvme-error";
import type { TransferFlags } from "./io-options";
import { addressed, inStream, MAX_LBAS, placed, protect } from "./nvm-commands";
import { NVM_OPCODE } from "./nvm-opcodes";
import { joined, protectionDwords, transferLayout } from "./protection";
import { sendIo } from "./send";
import type { NamespaceTraffic } from "./traffic";

const FLAGS = ["fua", "limitedRetry", "cdw", "metadata", "protection", "stream", "placement"];

export class NamespaceChannel {
  /** Why its identity no longer holds; null as long as it does. */
  #stale: string | null = null;

  constructor(
    private readonly controller: ControllerAccess,
    private readonly native: NativeHandle,
    private readonly identity: NamespaceIdentity,
    private readonly traffic: NamespaceTraffic,
  ) {}

  /** What has become of the namespace; null when it is as this object knows it. */
  retire(why: string | null): void {
    this.#stale = why;
  }

  /** A length in LBAs of another size would make the drive write beyond the end of the data. @throws ERR_CLOSED, ERR_BUSY */
  use(): void {
    this.controller.use();
    if (this.#stale !== null)
      throw new NvmeError(
        "ERR_CLOSED",
        `namespace ${this.identity.nsid} ${this.#stale}: call controller.namespace(${this.identity.nsid}) again`,
      );
    this.traffic.admit();
  }

  async send(
    qpair: Qpair,
    command: NativeCommand,
    data: NativeData | null,
    direction: NativeDirection,
    lbas: number,
    metadataBytes = 0,
  ): Promise<Completion> {
    return sendIo(this.controller, this.native, qpair, { command, data, direction, lbas, metadataBytes });
  }

  #sectors(data: CommandData, stride: number): { data: NativeData; view: Uint8Array; lbas: number } {
    // What of it is data counts against MDTS.
    const limit = Math.min(MAX_LBAS, Math.floor(this.controller.identity.mdtsBytes / this.identity.lbaBytes));
    const { data: carries, byteLength } = carried("data", data, this.controller, stride, limit * stride);
    if (byteLength % stride !== 0)
      refuse(`data has ${byteLength} bytes, it must be a multiple of the LBA size, ${stride}`);
    return { data: carries, view: viewOf("data", data, stride, byteLength), lbas: byteLength / stride };
  }

  /** A command that moves data, with the metadata and the protection information of this namespace. `bits`: of CDW12. */
  async move(
    opcode: number,
    qpair: Qpair,
    slba: bigint,
    data: CommandData,
    flags: TransferFlags = {},
    { fuse, bits }: { fuse?: number; bits?: number } = {},
  ): Promise<Completion> {
    this.use();
    const o = object<TransferFlags>("flags", flags, FLAGS);
    big("slba", slba, 0n, U64);
    const { metadata, protection, stream, placement, ...plain } = o;
    for (const name of ["stream", "placement"] as const)
      if (o[name] !== undefined && opcode !== NVM_OPCODE.write) refuse(`flags.${name} is for writes alone`);
    if (stream !== undefined && placement !== undefined)
      refuse("flags.stream and flags.placement exclude one another: a command has one directive");
    const { stride, apart } = transferLayout(this.identity, protectionDwords(this.identity, slba, protection).action);
    const { data: carries, view, lbas } = this.#sectors(data, stride);
    const command = addressed(opcode, this.identity.nsid, slba, lbas, plain);
    protect(command, this.identity, slba, protection);
    if (stream !== undefined) inStream(command, stream);
    placed(command, placement);
    if (fuse !== undefined) command.fuse = fuse;
    if (bits !== undefined) command.cdw12 = (command.cdw12 | bits) >>> 0;
    const read = opcode === NVM_OPCODE.read;
    const direction = read ? "from-device" : "to-device";
    if (apart === 0 && metadata === undefined)
      return this.traffic.during(this.send(qpair, command, carries, direction, lbas));
    const both = joined(view, metadata, apart * lbas);
    const completion = await this.traffic.during(this.send(qpair, command, both, direction, lbas, apart * lbas));
    if (read && both !== view) {
      view.set(both.subarray(0, view.byteLength));
      metadata?.set(both.subarray(view.byteLength));
    }
    return completion;
  }
}
