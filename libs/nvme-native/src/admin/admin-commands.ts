/**
 * Admin commands by name, over any controller's `admin`; src/admin has an encoder for each. Each resolves to the
 * completion: what the drive refuses is a value, `expectStatus` turns it into an error where a script wants one.
 */

import { type CommandData, viewOf } from "../buffer/buffer";
import { integer, object, oneOf, refuse, U32 } from "../check";
import { COMMAND_SETS, type CommandSet } from "../command/command-names";
import type { Completion } from "../command/completion";
import { statusText, succeeded } from "../command/status";
import { KEY_VALUE_COMMAND_SET } from "../key-value/commands";
import { NvmeError } from "../nvme-error";
import { type AsyncEvent, AsyncEvents } from "./async-events";
import { type AdminCall, fours, MAX_TRANSFER_BYTES, word } from "./call";
import type { AdminChannel } from "./channel";
import { type DirectiveOptions, directiveCall } from "./directives";
import {
  type CommitOptions,
  commitCall,
  type DownloadOptions,
  downloadCall,
  leastPiece,
  MAX_IMAGE_BYTES,
  piecesOf,
} from "./firmware";
import { type IdentifyOptions, identifyCall } from "./identify";
import { type LbaStatusOptions, lbaStatusCall } from "./lba-status";
import { type MiMessage, miCall } from "./management-interface";
import { attachmentCall, createNamespaceCall, deleteNamespaceCall } from "./namespaces";
import {
  type CapacityOptions,
  capacityCall,
  doorbellBufferCall,
  type LockdownOptions,
  lockdownCall,
  type VirtualizationOptions,
  virtualizationCall,
} from "./resources";
import { type SANITIZE, type SanitizeOptions, sanitizeCall } from "./sanitize";
import { type SecurityOptions, securityCall } from "./security";
import { type SELF_TEST, selfTestCall } from "./self-test";

const EFFECTS_LOG = 5;
const EFFECTS_BYTES = 4096;
const FIRST_IO_EFFECT = 1024;

/** Admin commands of NVMe Base 2.0, chapter 5, over whatever sends one. @throws ERR_ARGUMENT before anything is sent */
export class AdminCommands {
  readonly #events: AsyncEvents;

  constructor(private readonly controller: AdminChannel) {
    this.#events = new AsyncEvents(controller);
  }

  async #send({ command, data, direction }: AdminCall): Promise<Completion> {
    return data === undefined ? this.controller.admin(command) : this.controller.admin(command, data, direction);
  }

  /** Dword 0 bit 0 of the completion is 0 when the command was aborted. */
  async abort(cid: number, sqid = 0): Promise<Completion> {
    const cdw10 = word(integer("cid", cid, 0, 0xffff), integer("sqid", sqid, 0, 0xffff));
    return this.#send({ command: { opcode: 0x08, cdw10 } });
  }

  /** Reads a page into `data`, which takes at least 4096 bytes. */
  async identify(data: CommandData, options: IdentifyOptions = {}): Promise<Completion> {
    return this.#send(identifyCall(data, options));
  }

  /** Opcode 18h. */
  async keepAlive(): Promise<Completion> {
    return this.#send({ command: { opcode: 0x18 } });
  }

  /** `offset` in bytes; both are multiples of 4. */
  async firmwareDownload(image: CommandData, offset = 0): Promise<Completion> {
    return this.#send(downloadCall(image, offset));
  }

  /** Opcode 10h. The status may ask for a reset (01/0b, 01/10, 01/11): a value too. */
  async firmwareCommit(options: CommitOptions): Promise<Completion> {
    return this.#send(commitCall(options));
  }

  /** Sends the image in pieces and commits it. The first command that the drive refuses ends it. */
  async downloadFirmware(
    image: CommandData,
    options: DownloadOptions = {},
  ): Promise<{ completion: Completion; failedAtOffset: number | null }> {
    const o = object<DownloadOptions>("options", options, ["slot", "action", "pieceBytes", "onProgress"]);
    const commit = commitCall({ slot: o.slot ?? 0, action: o.action ?? 1 });
    const least = leastPiece(this.controller.identity?.raw);
    const pieceBytes = fours("pieceBytes", integer("pieceBytes", o.pieceBytes ?? least, 4, MAX_TRANSFER_BYTES));
    if (o.onProgress !== undefined && typeof o.onProgress !== "function") refuse("onProgress must be a function");
    const totalBytes = viewOf("image", image, 4, MAX_IMAGE_BYTES).byteLength;
    for (const [i, piece] of piecesOf(image, pieceBytes).entries()) {
      const completion = await this.#send(piece);
      if (!succeeded(completion)) return { completion, failedAtOffset: i * pieceBytes };
      o.onProgress?.({ sentBytes: Math.min((i + 1) * pieceBytes, totalBytes), totalBytes });
    }
    return { completion: await this.#send(commit), failedAtOffset: null };
  }

  /** Starts sanitizing; log 81h tells how far it is. Everything on the drive is lost. */
  async sanitize(action: keyof typeof SANITIZE, options: SanitizeOptions = {}): Promise<Completion> {
    return this.#send(sanitizeCall(action, options));
  }

  /** Starts (or aborts) a self-test; log 6 tells how far it is and how it ended. nsid 0: the controller alone. */
  async deviceSelfTest(kind: keyof typeof SELF_TEST, nsid: number = U32): Promise<Completion> {
    return this.#send(selfTestCall(kind, nsid));
  }

  /** `page` is the Identify Namespace page of what is wanted; dword 0 of the completion is the new nsid. */
  async createNamespace(page: CommandData, csi = 0): Promise<Completion> {
    return this.#send(createNamespaceCall(page, csi));
  }

  /** nsid ffffffffh: all of them. */
  async deleteNamespace(nsid: number): Promise<Completion> {
    return this.#send(deleteNamespaceCall(nsid));
  }

  /** Opcode 15h: the controllers with these ids see it from now on. */
  async attachNamespace(nsid: number, controllerIds: number[]): Promise<Completion> {
    return this.#send(attachmentCall(nsid, controllerIds, "attach"));
  }

  /** The reverse of `attachNamespace`. */
  async detachNamespace(nsid: number, controllerIds: number[]): Promise<Completion> {
    return this.#send(attachmentCall(nsid, controllerIds, "detach"));
  }

  /** Opcode 19h. */
  async directiveSend(options: DirectiveOptions): Promise<Completion> {
    return this.#send(directiveCall("send", options));
  }

  /** Opcode 1Ah, into `options.data`. */
  async directiveReceive(options: DirectiveOptions): Promise<Completion> {
    return this.#send(directiveCall("receive", options));
  }

  /** Opcode 81h: a message of a security protocol. */
  async securitySend(data: CommandData, options: SecurityOptions): Promise<Completion> {
    return this.#send(securityCall("send", data, options));
  }

  /** Opcode 82h, into `data`. */
  async securityReceive(data: CommandData, options: SecurityOptions): Promise<Completion> {
    return this.#send(securityCall("receive", data, options));
  }

  /** Command of the management interface: `opcode` and its two dwords. */
  async miSend(message: MiMessage, data?: CommandData): Promise<Completion> {
    return this.#send(miCall("send", message, data));
  }

  /** As `miSend`, with the answer's data into `data`. */
  async miReceive(message: MiMessage, data?: CommandData): Promise<Completion> {
    return this.#send(miCall("receive", message, data));
  }

  /** Opcode 1Ch. */
  async virtualizationManagement(options: VirtualizationOptions): Promise<Completion> {
    return this.#send(virtualizationCall(options));
  }

  /** Opcode 20h. */
  async capacityManagement(options: CapacityOptions): Promise<Completion> {
    return this.#send(capacityCall(options));
  }

  /** Opcode 24h. */
  async lockdown(options: LockdownOptions): Promise<Completion> {
    return this.#send(lockdownCall(options));
  }

  /**
   * Opcode 7Ch: the drive reads doorbells from `shadow` and says in `events` when it wants a real one; addresses of
   * `DmaMemory`, a page each. @throws ERR_UNSUPPORTED where commands carry no addresses
   */
  async doorbellBufferConfig(shadow: bigint, events: bigint): Promise<Completion> {
    return this.#send(doorbellBufferCall(shadow, events));
  }

  /** Opcode 86h: which LBAs are potentially unreadable, descriptors into `data`. */
  async getLbaStatus(data: CommandData, options: LbaStatusOptions): Promise<Completion> {
    return this.#send(lbaStatusCall(data, options));
  }

  /** The drive's asynchronous events; the request is armed again by itself. */
  events(): AsyncGenerator<AsyncEvent, void, undefined> {
    return this.#events.stream();
  }

  /** What the drive's log of commands (5) says. @throws ERR_UNSUPPORTED when it has no such log. */
  async supports(opcode: number, set: CommandSet = "admin"): Promise<boolean> {
    integer("opcode", opcode, 0, 255);
    oneOf("set", set, COMMAND_SETS);
    const csi = set === "key-value" ? KEY_VALUE_COMMAND_SET : 0;
    const { completion, data } = await this.controller.getLogPage(EFFECTS_LOG, EFFECTS_BYTES, { csi });
    if (!succeeded(completion)) {
      const code = completion.local ? "ERR_GONE" : "ERR_UNSUPPORTED";
      throw new NvmeError(code, `the log of supported commands ended with ${statusText(completion)}`);
    }
    return (data[(set === "admin" ? 0 : FIRST_IO_EFFECT) + 4 * opcode]! & 1) === 1;
  }
}
