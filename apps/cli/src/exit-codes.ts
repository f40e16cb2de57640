/** What the shell is told (product.md, Conventions). */
export const exitCodes = {
  passed: 0,
  failed: 1,
  usage: 2,
  errored: 3,
  aborted: 4,
  timedOut: 5,
  unreachable: 6,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Worst first. */
const severity = ["failed", "errored", "aborted", "passed"] as const;

/** The code of several runs: failed > errored > aborted > passed. A run without a verdict counts as nothing here. */
export function exitCodeOf(verdicts: readonly (string | null | undefined)[]): ExitCode {
  const worst = severity.find((verdict) => verdicts.includes(verdict));
  return exitCodes[worst ?? "passed"];
}

/** Ends the command with a sentence on stderr. `details` are printed below it, one a line. */
export class CommandError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly details: string[] = [],
  ) {
    super(message);
  }
}
