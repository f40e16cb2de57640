import type { Worker } from "bullmq";
import { type Bell, type BellHandler, Doorbells } from "../platform/doorbells";
import type { Log } from "../platform/log";
import type { OwnRing, QueueBackend, Ring, RingQueue } from "./queue-backend";

/** The queue on which orchestrators ring each other. */
export const OWN_QUEUE = "orchestrator";
/** Handlers of this process at the same time. */
const CONCURRENCY = 8;
/** A killed orchestrator's rings are taken over after about twice this. */
const LOCK_MS = 5_000;
const RUN_RETRY_MS = 1_000;
/** A closing worker waits for its last look at an empty Redis queue; s. */
const EMPTY_WAIT_S = 2;
/** Rings that may be under way to the store; more are dropped, the reconciler finds their rows. */
const MAX_PENDING = 2_000;
/** What does not close by then hangs on a dead connection: it is left alone. */
const CLOSE_WITHIN_MS = 10_000;
/** Host queues kept open. */
const MAX_OPEN_QUEUES = 512;

/**
 * Doorbells over BullMQ. While the queue is away a ring is answered in this process at once: the queue spreads and
 * bundles the work, it does not hold it.
 */
export class QueueDoorbells extends Doorbells {
  private readonly handlers = new Map<Bell, BellHandler>();
  private readonly queues = new Map<string, RingQueue>();
  private worker: Worker<Ring> | null = null;
  private readonly pending = new Set<Promise<unknown>>();
  private rings = 0;
  private heardAtMs: number;

  constructor(
    private readonly backend: QueueBackend,
    private readonly log: Log,
    private readonly nowMs: () => number,
  ) {
    super();
    this.heardAtMs = nowMs();
  }

  answer(bell: Bell, handler: BellHandler): void {
    if (this.handlers.has(bell)) throw new Error(`the bell ${bell} has a handler already`);
    this.handlers.set(bell, handler);
  }

  async answerHere(bell: Bell, id?: string): Promise<void> {
    await this.handlers.get(bell)?.(id ?? null);
  }

  ring(bell: Bell, id?: string): void {
    if (this.worker === null) {
      this.track(this.handle({ bell, id: id ?? null }));
      return;
    }
    const about = id === undefined ? bell : `${bell}-${id}`;
    this.add(OWN_QUEUE, bell, { bell, id: id ?? null }, about);
  }

  ringHost(queueName: string, runId: string, epoch: number): void {
    if (this.worker === null) return;
    this.add(queueName, "dispatch", { runId, epoch }, `${runId}-${epoch}`);
  }

  /** Opens the worker; the backend must have answered a probe. Called again it replaces what it had. */
  async open(): Promise<void> {
    await this.closeQueues();
    const worker = await this.backend.openWorker(OWN_QUEUE, (job) => this.handle(job.data as OwnRing), {
      concurrency: CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS,
      maxStalledCount: 10,
      runRetryDelay: RUN_RETRY_MS,
      drainDelay: EMPTY_WAIT_S,
    });
    worker.on("error", (error) => this.log.debug("doorbell worker", { reason: error.message }));
    this.heardAtMs = this.nowMs();
    this.worker = worker;
  }

  /** Ends when all rings up to now are in the store, and those without a queue are answered. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.pending);
  }

  /** Ms since a ring came through the queue. */
  silentMs(): number {
    return this.nowMs() - this.heardAtMs;
  }

  get isOpen(): boolean {
    return this.worker !== null;
  }

  /** Ends when the handlers under way have ended. */
  async close(): Promise<void> {
    await this.closeQueues();
    await this.idle();
  }

  private async closeQueues(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    const queues = [...this.queues.values()];
    this.queues.clear();
    const closed = Promise.allSettled([worker?.close(), ...queues.map((queue) => queue.close())]);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_WITHIN_MS);
    });
    await Promise.race([closed, late]).finally(() => clearTimeout(timer));
  }

  private async handle({ bell, id }: OwnRing): Promise<void> {
    this.heardAtMs = this.nowMs();
    const handler = this.handlers.get(bell as Bell);
    if (handler === undefined) return;
    try {
      await handler(id);
    } catch (error) {
      // The row still waits: the reconciler comes back to it.
      this.log.warn(`the answer to ${bell} failed`, { id, reason: (error as Error).message });
    }
  }

  private add(queueName: string, name: string, ring: Ring, about: string): void {
    if (this.pending.size >= MAX_PENDING) return;
    this.rings++;
    const jobId = `${about}-${this.nowMs().toString(36)}-${this.rings}`;
    const added = this.queueOf(queueName).add(name, ring, {
      jobId,
      removeOnComplete: true,
      removeOnFail: true,
      // A ring that comes while the handler is busy is kept, not lost.
      deduplication: { id: about, keepLastIfActive: true },
    });
    this.track(
      added.catch((error: Error) => {
        this.log.debug("a ring was lost", { queueName, reason: error.message });
        this.forget(queueName);
      }),
    );
  }

  private track(work: Promise<unknown>): void {
    const tracked = work.catch(() => {}).finally(() => this.pending.delete(tracked));
    this.pending.add(tracked);
  }

  /** A queue remembers a first connection that failed: the next ring gets a new one. */
  private forget(name: string): void {
    const queue = this.queues.get(name);
    this.queues.delete(name);
    queue?.close().catch(() => {});
  }

  private queueOf(name: string): RingQueue {
    const known = this.queues.get(name);
    if (known !== undefined) return known;
    if (this.queues.size >= MAX_OPEN_QUEUES) {
      this.forget(this.queues.keys().next().value!);
    }
    const queue = this.backend.openQueue(name);
    queue.on("error", () => {});
    this.queues.set(name, queue);
    return queue;
  }
}
