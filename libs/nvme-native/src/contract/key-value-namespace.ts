/** A namespace of keys and values; `../key-value/namespace.ts` implements it. */

import type { CommandData } from "../buffer/buffer";
import type { Completion, RawCommand } from "../command/completion";
import type { StoreOptions, ValueKey } from "../key-value/commands";
import type { KeyValueIdentity } from "../key-value/identity";
import type { Qpair } from "./qpair";

/** The commands of a namespace of the key value command set (Key Value Command Set 1.0, 3.2). */
export interface KeyValueNamespace {
  readonly nsid: number;
  /** As it was when this object was made. */
  readonly identity: KeyValueIdentity;
  /** A value for the key, new or instead of the one before; may be empty. */
  store(qpair: Qpair, key: ValueKey, value: CommandData, options?: StoreOptions): Promise<Completion>;
  /**
   * The first `bytes` of the value; default: all that one command can move. `valueBytes`: how many it has on the drive, of
   * which `value` may be the beginning; both null when the drive refused (00/87: the key does not exist). `raw`: as it lies
   * there, not decompressed.
   */
  retrieve(
    qpair: Qpair,
    key: ValueKey,
    options?: { bytes?: number; raw?: boolean },
  ): Promise<{ completion: Completion; value: Uint8Array | null; valueBytes: number | null }>;
  /** Of a key that does not exist it is a success, unless feature 20h says otherwise (EDNEK): then 00/87. */
  delete(qpair: Qpair, key: ValueKey): Promise<Completion>;
  /** Null: the drive answered neither yes nor no (00/87). */
  exists(qpair: Qpair, key: ValueKey): Promise<{ completion: Completion; exists: boolean | null }>;
  /**
   * One List command: the keys from `from` on, as many as `bytes` (default: all that one command can move) hold. Which order
   * they have, and which comes first when `from` does not exist, is the drive's affair; the software drive sorts them by
   * their bytes and begins with the next one.
   */
  listPage(
    qpair: Qpair,
    options?: { from?: ValueKey; bytes?: number },
  ): Promise<{ completion: Completion; keys: Uint8Array[] }>;
  /**
   * All keys, a List command for each page. Those that are stored or deleted meanwhile may be there or not.
   * @throws StatusExpectationError in the loop when a command fails
   */
  list(qpair: Qpair, options?: { from?: ValueKey; bytes?: number }): AsyncIterableIterator<Uint8Array>;
  flush(qpair: Qpair): Promise<Completion>;
  /** Any command. Nothing about its data is checked: what its dwords say of their length is the script's word. */
  io(
    qpair: Qpair,
    command: RawCommand,
    data?: CommandData,
    direction?: "from-device" | "to-device",
  ): Promise<Completion>;
}
