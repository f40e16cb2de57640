/** What the agent's ear must do on either backend of the queue. */
import { randomUUID } from "node:crypto";
import type { QueueAccess } from "@assay/protocol";
import { DoorbellListener } from "../src/link/doorbell";
import type { RunKey } from "../src/runs/run-directory";

export interface QueueServer {
  /** The address stays the same over stop and start. */
  access(): QueueAccess;
  start(): Promise<void>;
  /** Without a chance to say goodbye. */
  kill(): Promise<void>;
  add(queue: string, data: unknown): Promise<void>;
}

const LIMIT_MS = 60_000;

class Ear {
  readonly heard: RunKey[] = [];
  readonly said: string[] = [];
  readonly listener: DoorbellListener;
  private wake = () => {};

  constructor(access: QueueAccess, queue: string) {
    const say = (text: string) => {
      this.said.push(text);
      this.wake();
    };
    const ring = async (key: RunKey) => {
      this.heard.push(key);
      this.wake();
    };
    const log = { debug: say, info: say, warn: say, error: say };
    this.listener = new DoorbellListener(access, queue, ring, log, Math.random, Date.now);
    this.listener.start();
  }

  async until(holds: () => boolean): Promise<void> {
    const end = Date.now() + LIMIT_MS;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`waited in vain; said: ${this.said.join(" | ")}`);
      await new Promise<void>((woken) => {
        this.wake = woken;
        setTimeout(woken, 250);
      });
    }
  }

  listening = () => this.said.some((text) => text.startsWith("listening"));
  knows = (key: RunKey) => this.heard.some((heard) => heard.runId === key.runId);
}

export function doorbellConformance(makeServer: () => Promise<QueueServer>): void {
  let server: QueueServer;
  const ears: Ear[] = [];
  const queue = () => `host-${randomUUID()}`;
  const key = () => ({ runId: randomUUID(), epoch: 1 });
  const listen = (name: string) => {
    const ear = new Ear(server.access(), name);
    ears.push(ear);
    return ear;
  };

  beforeAll(async () => {
    server = await makeServer();
    await server.start();
  }, LIMIT_MS);
  afterEach(async () => {
    for (const ear of ears.splice(0)) await ear.listener.stop();
  });
  afterAll(() => server.kill());

  test("a doorbell says which run to claim; one that says nonsense is passed over", async () => {
    const name = queue();
    const ear = listen(name);
    const wanted = key();
    await server.add(name, { nonsense: true });
    await server.add(name, wanted);
    await ear.until(() => ear.knows(wanted));
    expect(ear.heard).toEqual([wanted]);
    expect(ear.said.some((text) => text.includes("a doorbell without a run"))).toBe(true);
  });

  test("an agent that starts while the queue is away listens once it is there", async () => {
    const name = queue();
    await server.kill();
    const ear = listen(name);
    await ear.until(() => ear.said.some((text) => text.includes("the queue is away")));
    await server.start();
    await ear.until(ear.listening);
    const wanted = key();
    await server.add(name, wanted);
    await ear.until(() => ear.knows(wanted));
  });

  test("an agent whose queue was killed and came back hears the next doorbell", async () => {
    const name = queue();
    const ear = listen(name);
    await ear.until(ear.listening);
    await server.kill();
    await server.start();
    const wanted = key();
    await server.add(name, wanted);
    await ear.until(() => ear.knows(wanted));
  });

  test("an agent that stops while the queue is away does not hang", async () => {
    const ear = listen(queue());
    await ear.until(ear.listening);
    await server.kill();
    await ear.listener.stop();
    await server.start();
  });
}
