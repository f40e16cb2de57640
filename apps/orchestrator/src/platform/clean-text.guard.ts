import { type CanActivate, type ExecutionContext, Injectable } from "@nestjs/common";
import type { FastifyRequest } from "fastify";
import { problem } from "./problem";

/** Deeper bodies are left to their schemas. */
const MAX_DEPTH = 32;
/** With the flag `u` only a surrogate that stands alone is one. */
const UNCLEAN = /\0|\p{Surrogate}/u;

/**
 * PostgreSQL holds no NUL and no half of a surrogate pair: a person who sends one is told so. What agents send is what
 * drives and programs said, and is cleaned where it is stored.
 */
@Injectable()
export class CleanTextGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { caller, params, query, body } = context.switchToHttp().getRequest<FastifyRequest>();
    if (caller?.role === "agent" || Buffer.isBuffer(body)) return true;
    const where = uncleanText({ path: params, query, body });
    if (where === null) return true;
    const message = "it holds a NUL or half of a surrogate pair, which no text may";
    throw problem("invalid-request", `${where}: ${message}`, [{ path: where, message }]);
  }
}

/** Path of the first text, or key, that cannot be stored; null when all can. Pure. */
export function uncleanText(value: unknown, path = "", depth = 0): string | null {
  if (typeof value === "string") return UNCLEAN.test(value) ? path : null;
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return null;
  for (const [key, inner] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    const found = uncleanText(key) === null ? uncleanText(inner, at, depth + 1) : path;
    if (found !== null) return found;
  }
  return null;
}
