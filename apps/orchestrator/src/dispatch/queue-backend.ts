/** BullMQ on one of two stores. A queue carries doorbells only: ids, never state. */
import type { Doorbell } from "@assay/protocol";
import {
  createPostgresBackend,
  createRedisBackend,
  type Processor,
  Queue,
  runMigrations,
  Worker,
  type WorkerOptions,
} from "bullmq";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { CalmClient } from "./calm-client";

/** Schema of the queues, apart from ours: an agent's account reaches it and nothing else. */
export const QUEUE_SCHEMA = "bullmq";
/** The role that agents' accounts belong to. */
export const QUEUE_ROLE = "assay_queue";
const PROBE_WITHIN_MS = 2_000;
/** A busy machine may take its time to accept. */
const CONNECT_WITHIN_MS = 5_000;
/** All producers of this process share these connections. */
const PRODUCER_POOL_MAX = 3;
/** One of them is held by LISTEN. */
const WORKER_POOL_MAX = 4;

/** What orchestrators ring each other with; a host is rung with run and epoch. */
export interface OwnRing {
  bell: string;
  id: string | null;
}
export type Ring = OwnRing | Doorbell;
export type RingQueue = Queue<Ring>;

export type RingWorkerOptions = Omit<WorkerOptions, "connection" | "autorun">;

/** How the queues are reached. Build nothing before `prepare` and `probe` have succeeded (stack.md "BullMQ"). */
export interface QueueBackend {
  readonly kind: "postgres" | "redis";
  /** Brings the store to its schema; several orchestrators may do it at once. */
  prepare(): Promise<void>;
  /** @throws when the store does not answer in time. */
  probe(): Promise<void>;
  openQueue(name: string): RingQueue;
  /** A worker that is connected and runs. @throws when it cannot connect; build another one later. */
  openWorker(name: string, processor: Processor<Ring>, options: RingWorkerOptions): Promise<Worker<Ring>>;
  close(): Promise<void>;
}

export function openQueueBackend(databaseUrl: string, redisUrl: string | null): QueueBackend {
  return redisUrl === null ? new PostgresQueues(databaseUrl) : new RedisQueues(redisUrl);
}

class PostgresQueues implements QueueBackend {
  readonly kind = "postgres";
  private readonly pool: Pool;
  private readonly workerPools = new Set<Pool>();

  constructor(private readonly url: string) {
    this.pool = this.openPool(PRODUCER_POOL_MAX);
  }

  private openPool(max: number): Pool {
    const pool = new Pool({
      connectionString: this.url,
      max,
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      keepAlive: true,
      options: `-c search_path=${QUEUE_SCHEMA}`,
      application_name: "assay-doorbells",
      Client: CalmClient,
    });
    pool.on("error", () => {});
    return pool;
  }

  async prepare(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await runMigrations(client, QUEUE_SCHEMA);
      await client.query(GRANTS);
    } finally {
      client.release();
    }
  }

  async probe(): Promise<void> {
    await this.pool.query("SELECT 1");
  }

  openQueue(name: string): RingQueue {
    return new Queue(name, { connection: this.pool as never }, createPostgresBackend as never) as RingQueue;
  }

  openWorker(name: string, processor: Processor<Ring>, options: RingWorkerOptions): Promise<Worker<Ring>> {
    const pool = this.openPool(WORKER_POOL_MAX);
    this.workerPools.add(pool);
    const all = { ...options, autorun: false, connection: pool as never };
    const worker = new Worker(name, processor, all, createPostgresBackend as never) as Worker<Ring>;
    worker.once("closed", () => {
      if (this.workerPools.delete(pool)) void pool.end();
    });
    return runWhenReady(worker);
  }

  async close(): Promise<void> {
    const pools = [this.pool, ...this.workerPools];
    this.workerPools.clear();
    await Promise.all(pools.map((pool) => pool.end()));
  }
}

/** The role exists on the server, so it may be there from another database; the grants are of this one. */
const GRANTS = `
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${QUEUE_ROLE}') THEN CREATE ROLE ${QUEUE_ROLE} NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO ${QUEUE_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO ${QUEUE_ROLE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO ${QUEUE_ROLE};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} TO ${QUEUE_ROLE};`;

class RedisQueues implements QueueBackend {
  readonly kind = "redis";
  private readonly client: Redis;

  constructor(private readonly url: string) {
    this.client = new Redis(url, { maxRetriesPerRequest: null, enableOfflineQueue: false, lazyConnect: true });
    this.client.on("error", () => {});
  }

  async prepare(): Promise<void> {
    await this.probe();
  }

  async probe(): Promise<void> {
    if (this.client.status === "wait" || this.client.status === "end") await this.client.connect();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`Redis does not answer within ${PROBE_WITHIN_MS} ms`)),
        PROBE_WITHIN_MS,
      );
    });
    const answer = this.client.ping();
    answer.catch(() => {});
    await Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }

  openQueue(name: string): RingQueue {
    return new Queue(name, { connection: this.client }, createRedisBackend) as RingQueue;
  }

  openWorker(name: string, processor: Processor<Ring>, options: RingWorkerOptions): Promise<Worker<Ring>> {
    const { hostname, port, username, password, pathname, protocol } = new URL(this.url);
    const connection = {
      ...{ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 6379), maxRetriesPerRequest: null },
      ...{ db: Number(pathname.slice(1) || 0), tls: protocol === "rediss:" ? {} : undefined },
      username: username === "" ? undefined : decodeURIComponent(username),
      password: password === "" ? undefined : decodeURIComponent(password),
    };
    const all = { ...options, autorun: false, connection };
    return runWhenReady(new Worker(name, processor, all, createRedisBackend) as Worker<Ring>);
  }

  async close(): Promise<void> {
    this.client.disconnect();
  }
}

/**
 * BullMQ remembers a first connection that failed, and its main loop then spins without ever letting the process do
 * anything else: the loop may only begin on a worker that is connected.
 */
async function runWhenReady(worker: Worker<Ring>): Promise<Worker<Ring>> {
  worker.on("error", () => {});
  try {
    await worker.waitUntilReady();
  } catch (error) {
    await worker.close(true);
    throw error;
  }
  worker.run().catch((error: Error) => worker.emit("error", error));
  return worker;
}
