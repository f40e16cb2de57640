import { readFileSync } from "node:fs";
import { parsePlan } from "@assay/plans";
import { CommandError, exitCodes } from "../exit-codes";
import type { Printer } from "../output/printer";

interface FoundProblem {
  file: string;
  line: number;
  column: number;
  path: string;
  message: string;
}

/** Checks plans without a server. Every problem of every file is listed before the command ends with exit code 2. */
export function validatePlans(files: string[], printer: Printer): void {
  const checked = files.map((file) => ({ file, ...parsePlan(readPlanFile(file)) }));
  const problems: FoundProblem[] = checked.flatMap(({ file, problems }) =>
    problems.map((problem) => ({ file, ...problem })),
  );
  printer.thing(
    {
      valid: problems.length === 0,
      plans: checked.map(({ file, plan }) => ({ file, name: plan?.name ?? null })),
      problems,
    },
    () =>
      problems.length > 0
        ? problems.map(({ file, line, column, message }) => `${file}:${line}:${column}  ${message}`).join("\n")
        : checked.map(({ file, plan }) => `${file}: ${plan?.name} ${plan?.version} is valid`).join("\n"),
  );
  if (problems.length === 0) return;
  const broken = new Set(problems.map(({ file }) => file)).size;
  throw new CommandError(
    exitCodes.usage,
    `${count(problems.length, "problem")} in ${count(broken, "plan")}; nothing was sent to a server`,
  );
}

export function readPlanFile(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new CommandError(exitCodes.usage, `cannot read the plan ${file}: ${(error as Error).message}`);
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
