/**
 * The database of this process: one pool, and Prisma on the same pool for plain rows. SQL goes through `query` and
 * `transaction`; Prisma's types end at the repositories.
 */
import { PrismaPg } from "@prisma/adapter-pg";
import { Pool, type PoolClient, type QueryResultRow, types } from "pg";
import { PrismaClient } from "../generated/prisma/client";
import type { Log } from "./log";

const POOL_MAX = 16;
const CONNECT_WITHIN_MS = 5_000;
/** No statement of a request may take longer; long maintenance sets its own. */
const STATEMENT_WITHIN_MS = 30_000;
/** A transaction that waits for us is ended by the server: a stopped process must not hold locks. */
const IDLE_IN_TRANSACTION_MS = 30_000;

/** SQLSTATE deadlock_detected and serialization_failure: begun again, the same transaction may well succeed. */
const BEGIN_AGAIN: ReadonlySet<unknown> = new Set(["40P01", "40001"]);
/** Two callers that lock in opposite orders need two; more is a fault of ours. */
const MAX_ATTEMPTS = 3;

const INT8 = 20;
/** bigint columns arrive as BigInt: they may exceed 2^53. */
const asBigInt = (text: string) => BigInt(text);

/** Whatever can run SQL: the database itself or a client inside a transaction. */
export interface Queryable {
  query<R extends QueryResultRow>(sql: string, values?: unknown[]): Promise<R[]>;
}

export class Transaction implements Queryable {
  constructor(readonly client: PoolClient) {}

  async query<R extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
    return (await this.client.query<R>(sql, values)).rows;
  }
}

export class Database implements Queryable {
  readonly pool: Pool;
  readonly prisma: PrismaClient;

  constructor(url: string, log: Log) {
    this.pool = new Pool({
      connectionString: url,
      max: POOL_MAX,
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      statement_timeout: STATEMENT_WITHIN_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      application_name: "assay-orchestrator",
      types: { getTypeParser: (oid: number, format?: "text" | "binary") => parserOf(oid, format) } as typeof types,
    });
    // Without a listener the loss of an idle connection would end the process.
    this.pool.on("error", (error) => log.warn("lost an idle database connection", { reason: error.message }));
    this.prisma = new PrismaClient({ adapter: new PrismaPg(this.pool) });
  }

  async query<R extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
    return (await this.pool.query<R>(sql, values)).rows;
  }

  /**
   * Runs `work` in one transaction; anything it throws rolls back and is thrown on. A deadlock's victim begins again:
   * `work` reads anew and must do nothing outside of the transaction.
   */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (!BEGIN_AGAIN.has((error as { code?: unknown } | null)?.code) || attempt >= MAX_ATTEMPTS) throw error;
      }
    }
  }

  private async attempt<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    // The pool listens to idle connections only: one that is lost while we hold it would end the process.
    const loseQuietly = (lost: Error) => {
      broken = lost;
    };
    client.on("error", loseQuietly);
    try {
      await client.query("BEGIN");
      const result = await work(new Transaction(client));
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((lost: Error) => {
        broken = lost;
      });
      throw error;
    } finally {
      client.off("error", loseQuietly);
      client.release(broken);
    }
  }

  /** Ends when the database has answered. @throws within `withinMs` when it has not. */
  async ping(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${withinMs} ms`)), withinMs);
    });
    const answer = this.pool.query("SELECT 1");
    answer.catch(() => {});
    await Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }

  async close(): Promise<void> {
    await this.prisma.$disconnect();
    if (!this.pool.ended) await this.pool.end();
  }
}

// biome-ignore lint/suspicious/noExplicitAny: pg's own type of a parser
function parserOf(oid: number, format?: "text" | "binary"): any {
  return oid === INT8 && format !== "binary" ? asBigInt : types.getTypeParser(oid, format);
}

/** SQLSTATE classes and socket errors that mean "the database is away", not "the request is wrong". */
const AWAY = new Set([
  "57P01",
  "57P02",
  "57P03",
  "53300",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ETIMEDOUT",
  "EPIPE",
]);

/** True when `error` (or its cause) says that the database cannot be reached now. */
export function databaseIsAway(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === "string" && (AWAY.has(code) || code.startsWith("08") || PRISMA_AWAY.has(code))) return true;
  if (typeof message === "string" && AWAY_MESSAGES.some((known) => message.includes(known))) return true;
  if (error instanceof AggregateError) return error.errors.some(databaseIsAway);
  return cause !== undefined && databaseIsAway(cause);
}
const PRISMA_AWAY = new Set(["P1001", "P1002", "P1017", "P2024"]);
const AWAY_MESSAGES = [
  "Connection terminated",
  "timeout exceeded when trying to connect",
  "Client has encountered a connection error",
  "Can't reach database server",
  "the database system is",
];
