/** From zod issues to problems that say what, where and what is allowed. */
import type { z } from "zod";
import { ONE_KIND } from "../document/step";
import type { Problem } from "../model";
import { type Path, type Source, showPath } from "./positions";

type Issue = z.core.$ZodIssue;

/** One problem per mistake; `at` is the path of the value that was parsed. */
export function schemaProblems(source: Source, issues: readonly Issue[], at: Path = []): Problem[] {
  const unknownAt = new Set(
    issues.filter(({ code }) => code === "unrecognized_keys").map(({ path }) => showPath(path)),
  );
  return issues.flatMap((issue) => {
    // A step of an unknown kind has no known key: that has been said.
    if (issue.message === ONE_KIND && unknownAt.has(showPath(issue.path))) return [];
    const path = [...at, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      const lines = issue.message.split("\n");
      return issue.keys.map((key, index) => source.problem([...path, key], lines[index] ?? issue.message, "key"));
    }
    if (issue.code === "invalid_key") return issue.issues.map((inner) => source.problem(path, inner.message, "key"));
    return [source.problem(path, sentence(source, path, issue))];
  });
}

function sentence(source: Source, path: Path, issue: Issue): string {
  const name = path.at(-1);
  const subject =
    typeof name === "string" ? `\`${name}\`` : typeof name === "number" ? `entry ${name + 1}` : "the plan";
  if (!source.has(path))
    return issue.message.startsWith("is missing") ? `${subject} ${issue.message}` : `${subject} is missing`;
  if (issue.code === "too_big") return `${subject} is too long: at most ${issue.maximum}`;
  if (issue.code === "too_small") return `${subject} is too short: at least ${issue.minimum}`;
  if (/^(is|must) /.test(issue.message)) return `${subject} ${issue.message}`;
  return standsAlone(issue.message) ? issue.message : `${subject}: ${issue.message}`;
}

/** Messages that already name what they are about. */
function standsAlone(message: string): boolean {
  return /^(unknown |step `|a step |[a-z ]+ `[^`]+` is described)/.test(message);
}
