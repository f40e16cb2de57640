/**
 * The authentication of every request, before its body is read: a bearer token becomes `request.caller`. Whether the
 * caller may use the route is the guard's question (access.guard.ts).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Problem, problem, problemBody } from "./problem";
import { PROBLEM_JSON } from "./problem-filter";
import { problemOf } from "./problem-of";
import type { TokenRepository } from "./token-repository";

const MAX_TOKEN = 256;
/** Bodies of callers without a token (enrollment), of people and of agents (event batches, flight recorders). */
export const MAX_BODY_ANONYMOUS = 64 * 1024;
export const MAX_BODY = 4 * 1024 * 1024;
export const MAX_BODY_AGENT = 32 * 1024 * 1024;

/** These answer while the database is away, whatever token comes along. */
const ANSWERS_ANYBODY = new Set(["/", "/livez", "/readyz", "/version"]);

/** @param notReady why no token can be looked up yet, or null */
export function authenticate(server: FastifyInstance, tokens: TokenRepository, notReady: () => string | null): void {
  server.decorateRequest("caller", null);
  server.decorateRequest("operation", null);
  server.addHook("onRequest", async (request, reply) => {
    if (ANSWERS_ANYBODY.has(request.url.split("?", 1)[0]!)) return;
    const refusal = await callerOf(request, tokens, notReady()).then(
      (caller) => {
        request.caller = caller;
        return tooLarge(request);
      },
      (error: unknown) => problemOf(error),
    );
    if (refusal !== null) return refuse(reply, refusal);
  });
}

async function callerOf(request: FastifyRequest, tokens: TokenRepository, missing: string | null) {
  const header = request.headers.authorization;
  if (header === undefined) return null;
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (token === undefined || token.length > MAX_TOKEN)
    throw problem("invalid-token", "send `Authorization: Bearer <token>`");
  if (missing !== null) throw problem("unavailable", missing);
  const caller = await tokens.findCaller(token);
  if (caller === null) throw problem("invalid-token", "the token is unknown or was revoked");
  return caller;
}

function tooLarge({ caller, headers }: FastifyRequest): Problem | null {
  const limit = caller === null ? MAX_BODY_ANONYMOUS : caller.role === "agent" ? MAX_BODY_AGENT : MAX_BODY;
  const length = Number(headers["content-length"] ?? 0);
  if (length > limit) return problem("too-large", `the body has ${length} bytes, the limit is ${limit}`);
  if (caller === null && headers["transfer-encoding"] !== undefined) {
    return problem("length-required", "send Content-Length");
  }
  return null;
}

function refuse(reply: FastifyReply, refusal: Problem): FastifyReply {
  if (refusal.status === 401) void reply.header("www-authenticate", 'Bearer realm="assay"');
  if (refusal.status === 503) void reply.header("retry-after", "2");
  // The body was not read: the connection cannot be used again.
  if (refusal.status === 413 || refusal.status === 411) void reply.header("connection", "close");
  return reply
    .status(refusal.status)
    .header("content-type", PROBLEM_JSON)
    .send(JSON.stringify(problemBody(refusal)));
}
