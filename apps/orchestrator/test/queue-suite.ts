/** What every queue backend must do: the same sentences for PostgreSQL and Redis. */
import { randomUUID } from "node:crypto";
import { doorbellSchema } from "@assay/protocol";
import { openQueueBackend, type QueueBackend, type Ring } from "../src/dispatch/queue-backend";
import { QueueDoorbells } from "../src/dispatch/queue-doorbells";
import { SILENT_LOG } from "./flow";

export interface Store {
  databaseUrl: string;
  redisUrl: string | null;
  /** Everything in it is gone: FLUSHALL, or the tables emptied. */
  wipe(): Promise<void>;
  /** kill -9, then back on the same address. */
  crash(): Promise<void>;
}

const WITHIN_MS = 60_000;

/** Resolves when `test` holds; looks every 20 ms. */
export async function eventually(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + WITHIN_MS;
  while (!(await test())) {
    if (Date.now() > giveUp) throw new Error(`waited ${WITHIN_MS} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function queueSuite(openStore: () => Store): void {
  const backends: QueueBackend[] = [];
  const doorbells: QueueDoorbells[] = [];
  let store: Store;

  beforeEach(async () => {
    store = openStore();
    // Rings that the test before left behind would be answered here.
    await (await openBackend()).close();
    backends.pop();
    await store.wipe();
  });
  afterEach(async () => {
    for (const bells of doorbells.splice(0)) await bells.close();
    for (const backend of backends.splice(0)) await backend.close();
  });

  async function openBackend(): Promise<QueueBackend> {
    const backend = openQueueBackend(store.databaseUrl, store.redisUrl);
    backends.push(backend);
    await backend.prepare();
    return backend;
  }
  async function openBells(open = true): Promise<QueueDoorbells> {
    const backend = await openBackend();
    const bells = new QueueDoorbells(backend, SILENT_LOG, () => Date.now());
    doorbells.push(bells);
    if (open) await bells.open();
    return bells;
  }

  it("answers a ring with its id", async () => {
    const bells = await openBells();
    const heard: (string | null)[] = [];
    bells.answer("summarise", async (id) => void heard.push(id));
    bells.ring("summarise", "run-1");
    bells.ring("summarise", "run-2");
    await eventually("two answers", () => heard.length === 2);
    expect(heard.sort()).toEqual(["run-1", "run-2"]);
  });

  it("keeps a ring that comes while the handler is busy", async () => {
    const bells = await openBells();
    let started = 0;
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    bells.answer("schedule", async () => {
      started++;
      if (started === 1) await gate;
    });
    bells.ring("schedule");
    await eventually("the first answer", () => started === 1);
    for (let n = 0; n < 5; n++) bells.ring("schedule");
    await bells.idle();
    release();
    await eventually("the answer to what came meanwhile", () => started >= 2);
    expect(started).toBeLessThanOrEqual(3);
  });

  it("goes on ringing about the same row after its handler failed", async () => {
    const bells = await openBells();
    let calls = 0;
    bells.answer("summarise", async () => {
      calls++;
      if (calls === 1) throw new Error("once");
    });
    bells.ring("summarise", "run-1");
    await eventually("the first answer", () => calls === 1);
    await eventually("the second answer", () => {
      bells.ring("summarise", "run-1");
      return calls >= 2;
    });
  });

  it("answers in this process while the queue is not open", async () => {
    const bells = await openBells(false);
    const heard: (string | null)[] = [];
    bells.answer("summarise", async (id) => void heard.push(id));
    bells.ring("summarise", "run-1");
    await bells.idle();
    expect(heard).toEqual(["run-1"]);
  });

  it("spreads rings over orchestrators, each answered by one of them", async () => {
    const all = [await openBells(), await openBells()];
    const heard: string[] = [];
    for (const bells of all) bells.answer("summarise", async (id) => void heard.push(id!));
    for (let n = 0; n < 30; n++) all[n % 2]!.ring("summarise", `run-${n}`);
    await eventually("thirty answers", () => heard.length >= 30);
    expect(new Set(heard).size).toBe(30);
  });

  it("brings run and epoch to the host's worker, and an order rung three times is there to be claimed", async () => {
    const bells = await openBells();
    const backend = await openBackend();
    const queueName = `host-${randomUUID()}`;
    const rings: Ring[] = [];
    const worker = await backend.openWorker(queueName, async (job) => void rings.push(job.data), {
      runRetryDelay: 1000,
    });
    worker.on("error", () => {});
    for (let n = 0; n < 3; n++) bells.ringHost(queueName, "7c0f3c62-6b2a-4a1e-9d0b-4f6f0a3f9a10", 2);
    await eventually("a ring", () => rings.length >= 1);
    await worker.close();
    for (const ring of rings) expect(doorbellSchema.strict().parse(ring)).toMatchObject({ epoch: 2 });
  });

  it("rings again after everything in the store was lost", async () => {
    const bells = await openBells();
    let calls = 0;
    bells.answer("schedule", async () => void calls++);
    bells.ring("schedule");
    await eventually("an answer", () => calls === 1);
    await store.wipe();
    await eventually("an answer after the loss", () => {
      bells.ring("schedule");
      return calls >= 2;
    });
  });

  it("works again after the store was killed and came back", async () => {
    const bells = await openBells();
    let calls = 0;
    bells.answer("schedule", async () => void calls++);
    bells.ring("schedule");
    await eventually("an answer", () => calls === 1);
    await store.crash();
    const before = calls;
    await eventually("an answer after the crash", async () => {
      bells.ring("schedule");
      await new Promise((resolve) => setTimeout(resolve, 200));
      return calls > before;
    });
  });
}
