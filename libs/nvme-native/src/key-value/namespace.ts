import { addon } from "../addon/addon";
import type { NativeCommand, NativeHandle } from "../addon/command";
import { type CommandData, carried } from "../buffer/buffer";
import { flag, integer, object, oneOf, refuse } from "../check";
import type { ControllerAccess } from "../command/access";
import { checkCommand, nativeCommand } from "../command/command";
import type { Completion, RawCommand } from "../command/completion";
import { expectStatus } from "../command/expect-status";
import { succeeded } from "../command/status";
import type { KeyValueNamespace } from "../contract/key-value-namespace";
import type { Qpair } from "../contract/qpair";
import { type IoRequest, sendIo } from "../namespace/send";
import {
  KEY_VALUE_OPCODE,
  keyBytes,
  keyed,
  retrieveCommand,
  type StoreOptions,
  storeCommand,
  type ValueKey,
} from "./commands";
import type { KeyValueIdentity } from "./identity";
import { decodeKeyList, LIST_HEAD_BYTES } from "./key-list";

const FLUSH = 0x00;
/** A key of 16 bytes, and the last one of the page before: a list goes on. */
const LEAST_LIST_BYTES = LIST_HEAD_BYTES + 2 * 20;
/** Status 00/87 (Key Value Command Set 1.0, figure 8). */
const KEY_DOES_NOT_EXIST = 0x87;

/** What the addon wants to know of a namespace; nothing that is sent here has a length in LBAs. */
function nativeNamespace(controller: ControllerAccess, nsid: number): NativeHandle {
  return addon().createNamespace(controller.use(), {
    nsid,
    lbaBytes: 512,
    lbaCount: 0n,
    maxTransferBytes: controller.identity.mdtsBytes,
    metadataBytes: 0,
    interleavedBytes: 0,
    extendedMetadataBytes: 0,
    protectionType: 0,
    protectionFirst: false,
    guard: 0,
    storageTagBits: 0,
    allMetadataBytes: 0,
    deallocatedZeroes: false,
    awupfLbas: 1,
    boundaryLbas: 0,
    boundaryOffsetLba: 0,
    awunLbas: 1,
    normalBoundaryLbas: 0,
  });
}

export class NvmeKeyValueNamespace implements KeyValueNamespace {
  readonly #native: NativeHandle;

  constructor(
    private readonly controller: ControllerAccess,
    readonly identity: KeyValueIdentity,
  ) {
    this.#native = nativeNamespace(controller, identity.nsid);
  }

  get nsid(): number {
    return this.identity.nsid;
  }

  async store(qpair: Qpair, key: ValueKey, value: CommandData, options: StoreOptions = {}): Promise<Completion> {
    const checked = keyBytes("key", key);
    const { data, byteLength } = carried("value", value, this.controller, 0, this.#most);
    const command = storeCommand(this.nsid, checked, byteLength, options);
    return byteLength === 0 ? this.#send(qpair, command) : this.#send(qpair, command, data, "to-device");
  }

  async retrieve(
    qpair: Qpair,
    key: ValueKey,
    options: { bytes?: number; raw?: boolean } = {},
  ): Promise<{ completion: Completion; value: Uint8Array | null; valueBytes: number | null }> {
    const checked = keyBytes("key", key);
    const o = object<typeof options>("options", options, ["bytes", "raw"]);
    const fits = Math.min(this.identity.maxValueBytes, this.controller.identity.mdtsBytes);
    const data = new Uint8Array(integer("bytes", o.bytes ?? fits, 0, this.#most));
    const command = retrieveCommand(this.nsid, checked, data.length, flag("raw", o.raw ?? false));
    const completion = await this.#receive(qpair, command, data);
    if (!succeeded(completion)) return { completion, value: null, valueBytes: null };
    const valueBytes = completion.cdw0;
    return { completion, value: data.subarray(0, Math.min(data.length, valueBytes)), valueBytes };
  }

  async delete(qpair: Qpair, key: ValueKey): Promise<Completion> {
    return this.#send(qpair, keyed(KEY_VALUE_OPCODE.delete, this.nsid, keyBytes("key", key), 0));
  }

  async exists(qpair: Qpair, key: ValueKey): Promise<{ completion: Completion; exists: boolean | null }> {
    const command = keyed(KEY_VALUE_OPCODE.exist, this.nsid, keyBytes("key", key), 0);
    const completion = await this.#send(qpair, command);
    const absent = completion.sct === 0 && completion.sc === KEY_DOES_NOT_EXIST;
    return { completion, exists: succeeded(completion) ? true : absent ? false : null };
  }

  async listPage(
    qpair: Qpair,
    options: { from?: ValueKey; bytes?: number } = {},
  ): Promise<{ completion: Completion; keys: Uint8Array[] }> {
    const { from, bytes } = this.#listOptions(options, LIST_HEAD_BYTES);
    return this.#page(qpair, from, bytes);
  }

  async *list(qpair: Qpair, options: { from?: ValueKey; bytes?: number } = {}): AsyncIterableIterator<Uint8Array> {
    const { from, bytes } = this.#listOptions(options, LEAST_LIST_BYTES);
    let last: Uint8Array | null = null;
    for (;;) {
      const { completion, keys } = await this.#page(qpair, last ?? from, bytes);
      expectStatus(completion);
      // Where the last one was deleted meanwhile the page begins behind it.
      const again: boolean = last !== null && keys[0] !== undefined && Buffer.compare(keys[0], last) === 0;
      const fresh: Uint8Array[] = again ? keys.slice(1) : keys;
      if (fresh.length === 0) return;
      yield* fresh;
      last = fresh.at(-1)!;
    }
  }

  async flush(qpair: Qpair): Promise<Completion> {
    return this.#send(qpair, nativeCommand({ opcode: FLUSH, nsid: this.nsid }));
  }

  async io(
    qpair: Qpair,
    command: RawCommand,
    data?: CommandData,
    direction?: "from-device" | "to-device",
  ): Promise<Completion> {
    const checked = checkCommand("command", command, this.nsid);
    if (data === undefined) return this.#send(qpair, checked);
    if (direction === undefined) refuse("direction is undefined, data needs from-device or to-device");
    oneOf("direction", direction, ["from-device", "to-device"]);
    return this.#send(qpair, checked, carried("data", data, this.controller, 1, this.#most).data, direction);
  }

  /** More than the drive takes at once, so that a script can see it refuse. */
  get #most(): number {
    return this.controller.identity.mdtsBytes * 2;
  }

  #listOptions(options: { from?: ValueKey; bytes?: number }, least: number) {
    const o = object<typeof options>("options", options, ["from", "bytes"]);
    return {
      from: o.from === undefined ? null : keyBytes("from", o.from),
      bytes: integer("bytes", o.bytes ?? this.controller.identity.mdtsBytes, least, this.#most),
    };
  }

  async #page(qpair: Qpair, from: Uint8Array | null, bytes: number) {
    const data = new Uint8Array(bytes);
    const completion = await this.#receive(qpair, keyed(KEY_VALUE_OPCODE.list, this.nsid, from, bytes), data);
    return { completion, keys: succeeded(completion) ? decodeKeyList(data) : [] };
  }

  #receive(qpair: Qpair, command: NativeCommand, data: Uint8Array): Promise<Completion> {
    return data.length === 0 ? this.#send(qpair, command) : this.#send(qpair, command, data, "from-device");
  }

  #send(
    qpair: Qpair,
    command: NativeCommand,
    data: IoRequest["data"] = null,
    direction: IoRequest["direction"] = "none",
  ): Promise<Completion> {
    return sendIo(this.controller, this.#native, qpair, { command, data, direction });
  }
}
