import { StatusExpectationError, TcgExpectationError, TcgMalformedError } from "../../src";

/** A call that is right as it stands. `given` is made anew for each attempt. */
export interface RightCall {
  given: () => unknown[];
  call: (...given: never[]) => unknown;
  /** What it throws by its contract, beside NvmeError. */
  fine?: (wrong: unknown) => boolean;
}

/** Right calls by the name a failure tells. */
export type Calls = Record<string, RightCall>;

const byContract = (wrong: unknown) =>
  wrong instanceof StatusExpectationError || wrong instanceof TcgExpectationError || wrong instanceof TcgMalformedError;

export const right = (given: () => unknown[], call: RightCall["call"]): RightCall => ({
  given,
  call,
  fine: byContract,
});
