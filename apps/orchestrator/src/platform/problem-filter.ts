import { type ArgumentsHost, Catch, type ExceptionFilter } from "@nestjs/common";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "./log";
import { problem, problemBody } from "./problem";
import { problemOf } from "./problem-of";

export const PROBLEM_JSON = "application/problem+json; charset=utf-8";

/** Every error leaves as problem+json; our own faults are logged with their stack. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const found = problemOf(error);
    // Without a token a caller does not even learn which routes exist.
    const answer =
      found.status === 404 && !request.caller ? problem("no-token", "send `Authorization: Bearer <token>`") : found;
    if (found.code === "internal") {
      const stack = (error as Error)?.stack;
      this.log.error(`${request.method} ${request.routeOptions?.url ?? "?"} failed`, { reason: String(error), stack });
    }
    // A stream has begun: nothing can be said any more.
    if (reply.raw.headersSent) return void reply.raw.destroy();
    if (answer.status === 401) void reply.header("www-authenticate", 'Bearer realm="assay"');
    if (answer.status === 503) void reply.header("retry-after", "2");
    void reply
      .status(answer.status)
      .header("content-type", PROBLEM_JSON)
      .send(JSON.stringify(problemBody(answer)));
  }
}
