/**
 * The agent's ear on its own BullMQ queue. A doorbell only says "claim this run": losing it loses nothing, because the
 * heartbeat's answer lists the same assignments. Errors of the queue are said now and then and never end the agent.
 */
import { doorbellSchema, type QueueAccess } from "@assay/protocol";
import { createPostgresBackend, Worker, withBackend } from "bullmq";
import Redis from "ioredis";
import { Client, Pool } from "pg";
import { type Logger, seldom } from "../platform/logger";
import type { RunKey } from "../runs/run-directory";
import { Backoff } from "./backoff";
import { CalmClient } from "./calm-client";
import { Pause } from "./pause";

/** Doorbells that are answered at the same time. */
const CONCURRENCY = 8;
/** Connections of the worker's pool: one listens, the others fetch and finish jobs. */
const POOL = 3;
const PROBE_TIMEOUT_MS = 5000;
const BACKOFF = { firstMs: 500, maxMs: 15_000 };

interface Closable {
  on(event: "error", listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  run(): Promise<void>;
  close(force?: boolean): Promise<void>;
}

export class DoorbellListener {
  private worker: Closable | null = null;
  private stopped = false;
  private readonly pause = new Pause();
  private readonly complain: (text: string) => void;
  private building: Promise<void> | null = null;

  constructor(
    private readonly access: QueueAccess,
    private readonly queueName: string,
    private readonly ring: (key: RunKey) => Promise<void>,
    private readonly log: Logger,
    private readonly random: () => number,
    nowMs: () => number,
  ) {
    this.complain = seldom((text) => log.warn(text), 60_000, nowMs);
  }

  /** Returns at once; goes on until a worker is ready. */
  start(): void {
    this.building ??= this.build();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.pause.wake();
    await this.building;
    await this.worker?.close(true).catch(() => {});
  }

  /**
   * A worker remembers a first connection that failed, and its main loop then spins without letting the process do
   * anything else: the loop begins on a connected worker only, and one that cannot connect is built anew.
   */
  private async build(): Promise<void> {
    const backoff = new Backoff(BACKOFF, this.random);
    while (!this.stopped) {
      try {
        await probe(this.access);
        const worker = this.makeWorker();
        try {
          await within(PROBE_TIMEOUT_MS, worker.waitUntilReady());
        } catch (error) {
          worker.close(true).catch(() => {});
          throw error;
        }
        this.worker = worker;
        worker.run().catch((error: Error) => this.complain(`the queue has a problem: ${error.message}`));
        this.log.info(`listening on queue ${this.queueName} (${this.access.backend})`);
        return;
      } catch (error) {
        this.complain(`the queue is away (${(error as Error).message}); assignments come with the heartbeat`);
        await this.pause.wait(backoff.next());
      }
    }
  }

  private makeWorker(): Closable {
    const answer = async (job: { data: unknown }) => {
      const doorbell = doorbellSchema.safeParse(job.data);
      if (doorbell.success) await this.ring(doorbell.data);
      else this.log.warn(`a doorbell without a run: ${JSON.stringify(job.data)?.slice(0, 200)}`);
    };
    const options = {
      autorun: false,
      concurrency: CONCURRENCY,
      runRetryDelay: 1000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    };
    const worker: Closable =
      this.access.backend === "redis" ? this.redisWorker(answer, options) : this.postgresWorker(answer, options);
    worker.on("error", (error) => this.complain(`the queue has a problem: ${error.message}`));
    return worker;
  }

  private redisWorker(answer: (job: { data: unknown }) => Promise<void>, options: object): Closable {
    if (this.access.backend !== "redis") throw new Error("no Redis access");
    const connection = { url: this.access.url, maxRetriesPerRequest: null };
    return new Worker(this.queueName, answer, { ...options, connection });
  }

  private postgresWorker(answer: (job: { data: unknown }) => Promise<void>, options: object): Closable {
    if (this.access.backend !== "postgres") throw new Error("no PostgreSQL access");
    const { connectionString, schema } = this.access;
    const { Worker: PostgresWorker } = withBackend(createPostgresBackend);
    // BullMQ migrates nothing over a pool that it is given: the orchestrator does, this account may not.
    const pool = new Pool({
      connectionString,
      max: POOL,
      connectionTimeoutMillis: PROBE_TIMEOUT_MS,
      keepAlive: true,
      options: `-c search_path="${schema}"`,
      application_name: "assay-agent",
      Client: CalmClient,
    });
    pool.on("error", () => {});
    const worker = new PostgresWorker(this.queueName, answer, { ...options, connection: pool });
    worker.once("closed", () => void pool.end());
    return worker;
  }
}

async function probe(access: QueueAccess): Promise<void> {
  if (access.backend === "redis") {
    const redis = new Redis(access.url, {
      lazyConnect: true,
      retryStrategy: () => null,
      connectTimeout: PROBE_TIMEOUT_MS,
    });
    redis.on("error", () => {});
    try {
      await within(PROBE_TIMEOUT_MS, redis.connect());
      await within(PROBE_TIMEOUT_MS, redis.ping());
    } finally {
      redis.disconnect();
    }
    return;
  }
  const client = new Client({ connectionString: access.connectionString, connectionTimeoutMillis: PROBE_TIMEOUT_MS });
  client.on("error", () => {});
  try {
    await client.connect();
    await within(PROBE_TIMEOUT_MS, client.query("SELECT 1"));
  } finally {
    client.end().catch(() => {});
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
