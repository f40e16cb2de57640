/**
 * Waiting for a number of completions, whichever commands they belong to. A command's own promise is enough for most
 * scripts; this counts where a script sends many and wants to go on after some of them.
 */
import { finite, integer, object, refuse } from "../check";
import type { Completion } from "./completion";

const MAX_WAIT_MS = 24 * 3600 * 1000;
const MAX_EXPECTED = 1_000_000;
/** Longer than the longest local timeout that anybody leaves at its default: 10 s and as long again, and 10 s more. */
export const DEFAULT_WAIT_MS = 30_000;

/** What a wait came to. */
export interface Waited {
  /** In the order in which they came; fewer than expected only when the time was over or a command was refused. */
  completions: Completion[];
  timedOut: boolean;
  /** Dword 0 of the last one; null when there is none. */
  cdw0: number | null;
}

interface Waiter {
  expected: number;
  take: (completions: Completion[]) => void;
  fail: (reason: unknown) => void;
}

/**
 * Several of them, on one or several controllers, wait at the same time without knowing of each other. A wait inside what
 * is done with a completion is served before the wait around it; no completion is counted twice.
 */
export class Completions {
  #arrived: Completion[] = [];
  #refused: unknown[] = [];
  #waiting: Waiter[] = [];

  /** Counts this command; gives its promise back. `then` may send more commands and add them here. */
  add(command: Promise<Completion>, then?: (completion: Completion) => unknown): Promise<Completion> {
    if (typeof (command as Promise<Completion> | null)?.then !== "function")
      refuse("command is not the promise of one");
    if (then !== undefined && typeof then !== "function") refuse("then is not a function");
    if (then !== undefined && then.length > 1)
      refuse(`then has ${then.length} parameters, it is called with the completion alone`);
    const noted = command.then(async (completion) => {
      // First what the script does with it: a command that it sends then is outstanding before a wait ends.
      if (then !== undefined) await this.#told(() => then(completion));
      this.#arrived.push(completion);
      this.#serve();
      return completion;
    });
    noted.catch((reason) => this.#refuse(reason));
    return noted;
  }

  /** What `then` throws ends the next wait; the command itself ended well. */
  async #told(act: () => unknown): Promise<void> {
    try {
      await act();
    } catch (reason) {
      this.#refuse(reason);
    }
  }

  /**
   * Resolves when `expected` completions have arrived that no other wait took. That they did not come in time is a value,
   * not an error. @throws what a command was refused with or a `then` threw.
   */
  async wait(expected = 1, options: { timeoutMs?: number } = {}): Promise<Waited> {
    integer("expected", expected, 0, MAX_EXPECTED);
    const o = object<typeof options>("options", options, ["timeoutMs"]);
    const timeoutMs = finite("timeoutMs", o.timeoutMs ?? DEFAULT_WAIT_MS, 0, MAX_WAIT_MS);
    let timer: NodeJS.Timeout | undefined;
    let inTime = true;
    try {
      const completions = await new Promise<Completion[]>((take, fail) => {
        const waiter: Waiter = { expected, take, fail };
        this.#waiting.push(waiter);
        timer = setTimeout(() => {
          inTime = false;
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
          take(this.#arrived.splice(0));
        }, timeoutMs);
        this.#serve();
      });
      return { completions, timedOut: !inTime, cdw0: completions.at(-1)?.cdw0 ?? null };
    } finally {
      clearTimeout(timer);
    }
  }

  #refuse(reason: unknown): void {
    this.#refused.push(reason);
    this.#serve();
  }

  /** The newest wait first: the one around it may be waiting for what that does next. */
  #serve(): void {
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const { expected, take, fail } = this.#waiting[i]!;
      if (this.#refused.length === 0 && this.#arrived.length < expected) continue;
      this.#waiting.splice(i, 1);
      if (this.#refused.length > 0) fail(this.#refused.shift());
      else take(this.#arrived.splice(0, expected));
    }
  }
}
