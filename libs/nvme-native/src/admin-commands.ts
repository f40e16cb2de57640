/**
 * Admin commands by name, over any controller's `admin` (NVMe Base 2.0, section 5). Each resolves to the completion:
 * what the drive refuses is a value, `expectStatus` turns it into an error where a script wants one.
 */
import { type AsyncEvent, AsyncEvents } from "./async-events";
import { bytes, flag, integer, object, oneOf, refuse, U32 } from "./check";
import type { CommandSet } from "./command-names";
import type { Controller } from "./driver";
import { statusText, succeeded } from "./status";
import { type Completion, NvmeError } from "./types";

const PIECE_BYTES = 4096;
const MAX_IMAGE_BYTES = 256 * 1024 * 1024;
const MAX_TRANSFER_BYTES = 16 * 1024 * 1024;
const NAMESPACE_PAGE_BYTES = 4096;
const EFFECTS_LOG = 5;
const EFFECTS_BYTES = 4096;
const FIRST_IO_EFFECT = 1024;
const OPCODE = {
  abort: 0x08,
  namespaceManagement: 0x0d,
  firmwareCommit: 0x10,
  firmwareDownload: 0x11,
  selfTest: 0x14,
  namespaceAttachment: 0x15,
  keepAlive: 0x18,
  directiveSend: 0x19,
  directiveReceive: 0x1a,
  miSend: 0x1d,
  miReceive: 0x1e,
  securitySend: 0x81,
  securityReceive: 0x82,
  sanitize: 0x84,
} as const;

export const SANITIZE = { exitFailure: 1, blockErase: 2, overwrite: 3, cryptoErase: 4 } as const;
export const SELF_TEST = { short: 1, extended: 2, vendor: 0xe, abort: 0xf } as const;

export interface SecurityOptions {
  protocol: number;
  /** Protocol specific, 16 bits. */
  specific?: number;
  nssf?: number;
  nsid?: number;
}

export interface DirectiveOptions {
  nsid?: number;
  type: number;
  operation: number;
  specific?: number;
  cdw12?: number;
  data?: Uint8Array;
}

export class AdminCommands {
  readonly #events: AsyncEvents;

  constructor(private readonly controller: Pick<Controller, "admin" | "getLogPage">) {
    this.#events = new AsyncEvents(controller);
  }

  /** Dword 0 bit 0 of the completion is 0 when the command was aborted. */
  async abort(cid: number, sqid = 0): Promise<Completion> {
    integer("cid", cid, 0, 0xffff);
    integer("sqid", sqid, 0, 0xffff);
    return this.controller.admin({ opcode: OPCODE.abort, cdw10: word(cid, sqid) });
  }

  async keepAlive(): Promise<Completion> {
    return this.controller.admin({ opcode: OPCODE.keepAlive });
  }

  /** `offset` in bytes; both are multiples of 4. */
  async firmwareDownload(image: Uint8Array, offset = 0): Promise<Completion> {
    bytes("image", image, 4, MAX_TRANSFER_BYTES);
    fours("image.length", image.byteLength);
    fours("offset", integer("offset", offset, 0, MAX_IMAGE_BYTES));
    const command = { opcode: OPCODE.firmwareDownload, cdw10: image.byteLength / 4 - 1, cdw11: offset / 4 };
    return this.controller.admin(command, image, "to-device");
  }

  async firmwareCommit(options: { slot: number; action: number }): Promise<Completion> {
    const o = object<typeof options>("options", options, ["slot", "action"]);
    const slot = integer("slot", o.slot, 0, 7);
    const action = integer("action", o.action, 0, 7);
    return this.controller.admin({ opcode: OPCODE.firmwareCommit, cdw10: (action << 3) | slot });
  }

  /** Sends the image in pieces of 4 KiB and commits it. The first command that the drive refuses ends it. */
  async downloadFirmware(
    image: Uint8Array,
    options: { slot?: number; action?: number } = {},
  ): Promise<{ completion: Completion; failedAtOffset: number | null }> {
    bytes("image", image, 4, MAX_IMAGE_BYTES);
    fours("image.length", image.byteLength);
    const o = object<typeof options>("options", options, ["slot", "action"]);
    const commit = { slot: integer("slot", o.slot ?? 0, 0, 7), action: integer("action", o.action ?? 1, 0, 7) };
    for (let offset = 0; offset < image.byteLength; offset += PIECE_BYTES) {
      const completion = await this.firmwareDownload(image.subarray(offset, offset + PIECE_BYTES), offset);
      if (!succeeded(completion)) return { completion, failedAtOffset: offset };
    }
    return { completion: await this.firmwareCommit(commit), failedAtOffset: null };
  }

  /** Starts sanitizing; log 81h tells how far it is. Everything on the drive is lost. */
  async sanitize(
    action: keyof typeof SANITIZE,
    options: { pattern?: number; passes?: number; noDeallocate?: boolean; allowUnrestrictedExit?: boolean } = {},
  ): Promise<Completion> {
    oneOf("action", action, Object.keys(SANITIZE) as (keyof typeof SANITIZE)[]);
    const o = object<typeof options>("options", options, [
      "pattern",
      "passes",
      "noDeallocate",
      "allowUnrestrictedExit",
    ]);
    const passes = integer("passes", o.passes ?? 1, 1, 16);
    const cdw10 =
      SANITIZE[action] |
      (flag("allowUnrestrictedExit", o.allowUnrestrictedExit ?? false) ? 8 : 0) |
      ((passes & 15) << 4) |
      (flag("noDeallocate", o.noDeallocate ?? false) ? 0x200 : 0);
    const cdw11 = integer("pattern", o.pattern ?? 0, 0, U32);
    return this.controller.admin({ opcode: OPCODE.sanitize, cdw10, cdw11 });
  }

  /** Starts (or aborts) a self-test; log 6 tells how far it is and how it ended. nsid 0: the controller alone. */
  async deviceSelfTest(kind: keyof typeof SELF_TEST, nsid: number = U32): Promise<Completion> {
    oneOf("kind", kind, Object.keys(SELF_TEST) as (keyof typeof SELF_TEST)[]);
    integer("nsid", nsid, 0, U32);
    return this.controller.admin({ opcode: OPCODE.selfTest, nsid, cdw10: SELF_TEST[kind] });
  }

  /** `page` is the Identify Namespace page of what is wanted; dword 0 of the completion is the new nsid. */
  async createNamespace(page: Uint8Array, csi = 0): Promise<Completion> {
    bytes("page", page, NAMESPACE_PAGE_BYTES, NAMESPACE_PAGE_BYTES);
    integer("csi", csi, 0, 255);
    const command = { opcode: OPCODE.namespaceManagement, cdw10: 0, cdw11: (csi << 24) >>> 0 };
    return this.controller.admin(command, page, "to-device");
  }

  /** nsid ffffffffh: all of them. */
  async deleteNamespace(nsid: number): Promise<Completion> {
    integer("nsid", nsid, 1, U32);
    return this.controller.admin({ opcode: OPCODE.namespaceManagement, nsid, cdw10: 1 });
  }

  async attachNamespace(nsid: number, controllerIds: number[]): Promise<Completion> {
    return this.#attachment(nsid, controllerIds, 0);
  }

  async detachNamespace(nsid: number, controllerIds: number[]): Promise<Completion> {
    return this.#attachment(nsid, controllerIds, 1);
  }

  #attachment(nsid: number, controllerIds: number[], select: number): Promise<Completion> {
    integer("nsid", nsid, 1, U32);
    const limit = NAMESPACE_PAGE_BYTES / 2 - 1;
    if (!Array.isArray(controllerIds) || controllerIds.length === 0 || controllerIds.length > limit) {
      refuse(`controllerIds must be an array of 1 to ${limit} controller ids`);
    }
    const list = new DataView(new ArrayBuffer(NAMESPACE_PAGE_BYTES));
    list.setUint16(0, controllerIds.length, true);
    controllerIds.forEach((id, i) => {
      list.setUint16(2 + 2 * i, integer(`controllerIds[${i}]`, id, 0, 0xffff), true);
    });
    const command = { opcode: OPCODE.namespaceAttachment, nsid, cdw10: select };
    return this.controller.admin(command, new Uint8Array(list.buffer), "to-device");
  }

  async directiveSend(options: DirectiveOptions): Promise<Completion> {
    return this.#directive(OPCODE.directiveSend, options, "to-device");
  }

  async directiveReceive(options: DirectiveOptions): Promise<Completion> {
    return this.#directive(OPCODE.directiveReceive, options, "from-device");
  }

  #directive(opcode: number, options: DirectiveOptions, direction: "to-device" | "from-device"): Promise<Completion> {
    const keys = ["nsid", "type", "operation", "specific", "cdw12", "data"];
    const o = object<DirectiveOptions>("options", options, keys);
    const type = integer("type", o.type, 0, 255);
    const operation = integer("operation", o.operation, 0, 255);
    const specific = integer("specific", o.specific ?? 0, 0, 0xffff);
    const command = {
      opcode,
      nsid: integer("nsid", o.nsid ?? U32, 0, U32),
      cdw10: o.data === undefined ? 0 : transferred("data", o.data) / 4 - 1,
      cdw11: word(specific, (type << 8) | operation),
      cdw12: integer("cdw12", o.cdw12 ?? 0, 0, U32),
    };
    return o.data === undefined ? this.controller.admin(command) : this.controller.admin(command, o.data, direction);
  }

  async securitySend(data: Uint8Array, options: SecurityOptions): Promise<Completion> {
    return this.#security(OPCODE.securitySend, data, options, "to-device");
  }

  async securityReceive(data: Uint8Array, options: SecurityOptions): Promise<Completion> {
    return this.#security(OPCODE.securityReceive, data, options, "from-device");
  }

  #security(
    opcode: number,
    data: Uint8Array,
    options: SecurityOptions,
    direction: "to-device" | "from-device",
  ): Promise<Completion> {
    const cdw11 = transferred("data", data);
    const o = object<SecurityOptions>("options", options, ["protocol", "specific", "nssf", "nsid"]);
    const protocol = integer("protocol", o.protocol, 0, 255);
    const specific = integer("specific", o.specific ?? 0, 0, 0xffff);
    const nssf = integer("nssf", o.nssf ?? 0, 0, 255);
    const cdw10 = ((protocol << 24) | (specific << 8) | nssf) >>> 0;
    return this.controller.admin({ opcode, nsid: integer("nsid", o.nsid ?? 0, 0, U32), cdw10, cdw11 }, data, direction);
  }

  /** Command of the management interface: `opcode` and its two dwords; `messageType` 1 command, 4 PCIe. */
  async miSend(message: MiMessage, data?: Uint8Array): Promise<Completion> {
    return this.#mi(OPCODE.miSend, message, data, "to-device");
  }

  async miReceive(message: MiMessage, data?: Uint8Array): Promise<Completion> {
    return this.#mi(OPCODE.miReceive, message, data, "from-device");
  }

  #mi(
    opcode: number,
    message: MiMessage,
    data: Uint8Array | undefined,
    direction: "to-device" | "from-device",
  ): Promise<Completion> {
    const o = object<MiMessage>("message", message, ["opcode", "dword0", "dword1", "messageType"]);
    const command = {
      opcode,
      cdw10: (oneOf("message.messageType", o.messageType ?? 1, [1, 4]) << 11) | 4,
      cdw11: integer("message.opcode", o.opcode, 0, 255),
      cdw12: integer("message.dword0", o.dword0 ?? 0, 0, U32),
      cdw13: integer("message.dword1", o.dword1 ?? 0, 0, U32),
    };
    if (data === undefined) return this.controller.admin(command);
    transferred("data", data);
    return this.controller.admin(command, data, direction);
  }

  /** The drive's asynchronous events; the request is armed again by itself. */
  events(): AsyncGenerator<AsyncEvent, void, undefined> {
    return this.#events.stream();
  }

  /** What the drive's log of commands (5) says. @throws ERR_UNSUPPORTED when it has no such log. */
  async supports(opcode: number, set: CommandSet = "admin"): Promise<boolean> {
    integer("opcode", opcode, 0, 255);
    oneOf("set", set, ["admin", "io"]);
    const { completion, data } = await this.controller.getLogPage(EFFECTS_LOG, EFFECTS_BYTES);
    if (!succeeded(completion)) {
      throw new NvmeError("ERR_UNSUPPORTED", `the log of supported commands ended with ${statusText(completion)}`);
    }
    return (data[(set === "io" ? FIRST_IO_EFFECT : 0) + 4 * opcode]! & 1) === 1;
  }
}

export interface MiMessage {
  opcode: number;
  dword0?: number;
  dword1?: number;
  messageType?: 1 | 4;
}

/** A dword of two halves. */
function word(high: number, low: number): number {
  return ((high << 16) | low) >>> 0;
}

function fours(name: string, value: number): void {
  if (value % 4 !== 0) refuse(`${name} is ${value}, it must be a multiple of 4`);
}

function transferred(name: string, data: Uint8Array): number {
  bytes(name, data, 4, MAX_TRANSFER_BYTES);
  fours(`${name}.length`, data.byteLength);
  return data.byteLength;
}
