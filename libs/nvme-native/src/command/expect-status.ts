/** For test scripts: what a command must end with, said in words when it did not. */
import { integer, refuse } from "../check";
import { statusName } from "./command-names";
import { statusText } from "./status";

/** A completion of the driver or an entry of a queue run by hand. */
interface Ended {
  sct: number;
  sc: number;
  dnr: boolean;
  local?: boolean;
}

/** A command ended with another status than a script asserted; both are in words in the message. */
export class StatusExpectationError extends Error {
  constructor(
    readonly completion: Ended,
    readonly expected: { sct: number; sc: number },
  ) {
    const words = (status: { sct: number; sc: number }) =>
      `${statusText(status)} (${statusName(status.sct, status.sc)})`;
    const origin = completion.local ? ", made by our side" : completion.dnr ? ", do not retry" : "";
    super(`the command ended with ${words(completion)}${origin}; expected was ${words(expected)}`);
    this.name = "StatusExpectationError";
  }
}

/** Gives the completion back when its status is `sct/sc` (success when left out). @throws StatusExpectationError */
export function expectStatus<T extends Ended>(completion: T, sct = 0, sc = 0): T {
  if (typeof (completion as unknown as Promise<T> | undefined)?.then === "function")
    refuse("completion is a promise, it must be awaited first");
  if (typeof completion?.sct !== "number" || typeof completion.sc !== "number")
    refuse("completion is none: it has no status");
  integer("sct", sct, 0, 7);
  integer("sc", sc, 0, 255);
  if (completion.sct !== sct || completion.sc !== sc) throw new StatusExpectationError(completion, { sct, sc });
  return completion;
}
