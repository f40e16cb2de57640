/** Every mutating call of a person, and every one that was refused, becomes one audit row before it is answered. */
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clock } from "./clock";
import type { Database } from "./database";
import type { Log } from "./log";

const READS = new Set(["GET", "HEAD", "OPTIONS"]);
/** Longer requests are kept as their hash only. */
const MAX_DETAIL_BYTES = 16 * 1024;
const MAX_PATH = 1024;

export interface AuditRow {
  at: Date;
  tokenId: string;
  actor: string;
  role: string;
  action: string;
  method: string;
  path: string;
  status: number;
  requestHash: string | null;
  detail: unknown;
}

/** Pure: the row of a call, or null where none is due: reads, and the constant stream of the agents. */
export function auditRowOf(
  request: Pick<FastifyRequest, "method" | "caller" | "operation" | "url" | "body">,
  status: number,
  at: Date,
): AuditRow | null {
  const { caller } = request;
  if (caller === null || caller.role === "agent" || READS.has(request.method)) return null;
  const body = request.body === undefined || request.body === null ? null : JSON.stringify(request.body);
  return {
    at,
    tokenId: caller.tokenId,
    actor: caller.name,
    role: caller.role,
    action: request.operation ?? "none",
    method: request.method,
    path: (request.url.split("?", 1)[0] ?? "").slice(0, MAX_PATH),
    status,
    requestHash: body === null ? null : createHash("sha256").update(body).digest("hex"),
    detail: body !== null && body.length <= MAX_DETAIL_BYTES ? request.body : {},
  };
}

export function auditCalls(server: FastifyInstance, database: Database, clock: Clock, log: Log): void {
  server.addHook("onSend", async (request, reply) => {
    const row = auditRowOf(request, reply.statusCode, clock.now());
    if (row === null) return;
    try {
      await database.query(
        `INSERT INTO audit (at, token_id, actor, role, action, method, path, status, request_hash, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [
          row.at,
          row.tokenId,
          row.actor,
          row.role,
          row.action,
          row.method,
          row.path,
          row.status,
          row.requestHash,
          JSON.stringify(row.detail),
        ],
      );
    } catch (error) {
      // What was done cannot be undone here; the log is the second place.
      log.error("an audit row could not be stored", { audit: row, reason: (error as Error).message });
    }
  });
}
