/** Pure: what an error of any kind is to the caller. */
import { HttpException } from "@nestjs/common";
import { ZodSerializationException, ZodValidationException } from "nestjs-zod";
import { z } from "zod";
import { databaseIsAway } from "./database";
import { PROBLEMS, Problem, type ProblemCode, type ProblemItem, problem } from "./problem";

const CODE_OF_STATUS: Partial<Record<number, ProblemCode>> = {
  400: "invalid-request",
  401: "no-token",
  403: "forbidden",
  404: "not-found",
  405: "method-not-allowed",
  409: "conflict",
  411: "length-required",
  413: "too-large",
  415: "unsupported-media-type",
  422: "unprocessable",
  429: "too-many-requests",
  503: "unavailable",
};
const MAX_PROBLEMS = 100;

/** @returns a Problem; `internal` where the fault is ours, and then the detail tells nothing of the inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ZodSerializationException) return internal();
  if (error instanceof ZodValidationException) return invalidRequest(error.getZodError() as z.ZodError);
  if (error instanceof z.ZodError) return invalidRequest(error);
  if (databaseIsAway(error)) return problem("unavailable", "the database does not answer; try again");
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
  const code = status === null ? undefined : CODE_OF_STATUS[status];
  if (code === undefined) return internal();
  return problem(code, (error as Error).message || PROBLEMS[code].title);
}

export function invalidRequest(error: z.ZodError): Problem {
  const items = error.issues
    .slice(0, MAX_PROBLEMS)
    .map((issue): ProblemItem => ({ message: issue.message, path: issue.path.map(String).join(".") }));
  const first = items[0];
  const where = first?.path ? `${first.path}: ` : "";
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : "";
  return problem("invalid-request", `${where}${first?.message ?? "not valid"}${more}`, items);
}

/** Fastify's own errors (body too large, malformed JSON) carry a statusCode. */
function statusOf(error: unknown): number | null {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" && status >= 400 && status < 500 ? status : null;
}

function internal(): Problem {
  return problem("internal", "the orchestrator made an error; its log has the rest");
}
