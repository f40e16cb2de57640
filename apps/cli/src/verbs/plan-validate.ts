import { readFileSync } from "node:fs";
import { type Problem, parsePlan } from "@assay/plans";
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
  const checked = files.map((file) => ({ file, ...checkPlan(readPlanFile(file)) }));
  const problems: FoundProblem[] = checked.flatMap(({ file, problems }) =>
    problems.map((problem) => ({ file, ...problem })),
  );
  const plans = checked.map(({ file, name, version }) => ({ file, name, version }));
  printer.thing({ valid: problems.length === 0, plans, problems }, () =>
    problems.length > 0
      ? problems.map(({ file, line, column, message }) => `${file}:${line}:${column}  ${message}`).join("\n")
      : plans.map(({ file, name, version }) => `${file}: ${name} ${version} is valid`).join("\n"),
  );
  if (problems.length === 0) return;
  const broken = new Set(problems.map(({ file }) => file)).size;
  throw new CommandError(exitCodes.usage, `${count(problems.length, "problem")} in ${count(broken, "plan")}`);
}

function checkPlan(source: string): { name: string | null; version: string | null; problems: Problem[] } {
  const result = parsePlan(source);
  if ("problems" in result) return { name: null, version: null, problems: result.problems };
  return { name: result.plan.metadata.name, version: result.plan.metadata.version, problems: [] };
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
