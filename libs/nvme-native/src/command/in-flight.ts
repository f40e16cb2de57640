/** The commands of a script on one queue: how many have not ended, the newest that has, and which the drive has now. */
import { TOO_LATE, until } from "../bare/until";
import type { LatestCommand } from "../contract/qpair";
import type { Completion } from "./completion";
import { type RecordedCommand, recordedCommands } from "./recorded-commands";

/** What waits longer to be sent waits for something else: room in the queue, another command at its LBAs. */
const ON_ITS_WAY_MS = 100;

export class InFlight {
  #commands = 0;
  #latest: LatestCommand | null = null;

  get latest(): LatestCommand | null {
    return this.#latest;
  }

  /** Counts until it has ended. */
  async during(command: Promise<Completion>): Promise<Completion> {
    this.#commands++;
    try {
      const completion = await command;
      this.#latest = { cid: completion.cid ?? null, latencyNs: completion.latencyNs };
      return completion;
    } finally {
      this.#commands--;
    }
  }

  /**
   * What `image`, the queue's flight recorder, has as outstanding, newest first; also what was sent just before. Commands are
   * recorded before they are sent and given their cid after that: where one still has none, it is looked at again.
   */
  async outstanding(image: () => Uint8Array, keyValueNsids: readonly number[] = []): Promise<RecordedCommand[]> {
    let found: RecordedCommand[] = [];
    await until(ON_ITS_WAY_MS, () => {
      found = recordedCommands(image(), 0, keyValueNsids).filter((command) => command.outstanding);
      return found.length >= this.#commands && found.every(({ cid }) => cid !== 0);
    }).catch((reason: unknown) => {
      if (reason !== TOO_LATE) throw reason;
    });
    return found;
  }
}
