/** For test scripts: what a command must end with, said in words when it did not. */
import { integer } from "./check";
import { statusName } from "./command-names";
import { statusText } from "./status";
import type { Completion } from "./types";

export class StatusExpectationError extends Error {
  constructor(
    readonly completion: Completion,
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
export function expectStatus(completion: Completion, sct = 0, sc = 0): Completion {
  integer("sct", sct, 0, 7);
  integer("sc", sc, 0, 255);
  if (completion.sct !== sct || completion.sc !== sc) throw new StatusExpectationError(completion, { sct, sc });
  return completion;
}
