/** An orchestrator of one host for the agent's tests: strict about numbers and epochs, and able to go away. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type EventBody,
  enrollRequestSchema,
  eventBatchSchema,
  type Heartbeat,
  heartbeatSchema,
  type Inventory,
  inventorySchema,
  type RunEvent,
  type RunOrder,
  WIRE_VERSION,
} from "@assay/protocol";

export interface FakeRun {
  order: RunOrder;
  claims: number;
  events: RunEvent[];
  cmdlogs: Map<number, Buffer>;
  /** Order in which things came: event types and `cmdlog`. */
  arrivals: string[];
}

interface Answer {
  status: number;
  body: unknown;
}
const problem = (status: number, detail: string, more: object = {}): Answer => ({
  status,
  body: { title: "No", detail, ...more },
});

export class FakeOrchestrator {
  readonly runs = new Map<string, FakeRun>();
  readonly token = "a-one-time-token-of-a-test";
  readonly credential = "credential-of-a-test";
  enrolments = 0;
  inventory: Inventory | null = null;
  heartbeats: Heartbeat[] = [];
  /** Taken over into every heartbeat's answer. */
  asks = { assignments: [] as Ref[], cancels: [] as Ref[], revokes: [] as Ref[], releases: [] as Ref[] };
  /** Answers every call with this status while it is set. */
  failing: number | null = null;
  /** Takes the events and then drops the connection instead of answering, this many times. */
  dropAnswers = 0;
  /** The same for claims. */
  dropClaims = 0;
  /** Answers every cmdlog with 413 while it is set. */
  refuseCmdlogs = false;
  private server: Server | null = null;
  private port = 0;
  private changed: (() => void)[] = [];

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const answer =
          this.failing === null ? this.answer(request, Buffer.concat(chunks)) : problem(this.failing, "told to fail");
        const waiting = this.changed;
        this.changed = [];
        for (const wake of waiting) wake();
        const dropsEvents = request.url?.endsWith("/events") && this.dropAnswers > 0;
        const dropsClaim = request.url?.endsWith("/claim") && this.dropClaims > 0;
        if (dropsEvents || dropsClaim) {
          if (dropsEvents) this.dropAnswers--;
          else this.dropClaims--;
          request.socket.destroy();
          return;
        }
        response.writeHead(answer.status, {
          "content-type": answer.status < 300 ? "application/json" : "application/problem+json",
        });
        response.end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((done) => this.server?.listen(this.port, "127.0.0.1", done));
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Goes away; `start` brings it back at the same address with all that it had stored. */
  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((done) => this.server?.close(done));
    this.server = null;
  }

  add(order: RunOrder): FakeRun {
    const run: FakeRun = { order, claims: 0, events: [], cmdlogs: new Map(), arrivals: [] };
    this.runs.set(order.runId, run);
    this.asks.assignments.push({ runId: order.runId, epoch: order.epoch });
    return run;
  }

  /** Settles when the condition holds; looked at after every request. */
  async until(what: string | (() => string), holds: () => boolean, limitMs = 30_000): Promise<void> {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      for (const wake of this.changed) wake();
    }, limitMs);
    while (!holds()) {
      if (over) throw new Error(`waited ${limitMs} ms in vain: ${typeof what === "string" ? what : what()}`);
      await new Promise<void>((wake) => {
        this.changed.push(wake);
        setTimeout(wake, 100);
      });
    }
    clearTimeout(timer);
  }

  private answer(request: IncomingMessage, body: Buffer): Answer {
    const path = new URL(request.url ?? "", "http://x").pathname.replace("/api/v1/agent/", "");
    if (path === "enroll") return this.enroll(body);
    if (request.headers.authorization !== `Bearer ${this.credential}`) return problem(401, "no such credential");
    if (path === "inventory") {
      this.inventory = inventorySchema.parse(JSON.parse(body.toString()));
      return { status: 200, body: {} };
    }
    if (path === "heartbeat") {
      this.heartbeats.push(heartbeatSchema.parse(JSON.parse(body.toString())));
      return { status: 200, body: { serverTimeMs: Date.now(), ...this.asks, intervalMs: 200 } };
    }
    const [, runId, verb, qid] = path.split("/");
    const run = this.runs.get(runId ?? "");
    if (run === undefined) return problem(404, `no run ${runId}`);
    if (verb === "claim") return this.claim(run);
    if (verb === "cmdlog" && this.refuseCmdlogs) return problem(413, "too large");
    if (verb === "cmdlog") {
      run.cmdlogs.set(Number(qid), body);
      run.arrivals.push("cmdlog");
      return { status: 200, body: {} };
    }
    return this.events(run, body);
  }

  private enroll(body: Buffer): Answer {
    const { token, wireVersion } = enrollRequestSchema.parse(JSON.parse(body.toString()));
    if (wireVersion !== WIRE_VERSION) return problem(409, "another wire version");
    if (token !== this.token || this.enrolments > 0) return problem(401, "this token is unknown or was used");
    this.enrolments++;
    // Nobody listens on port 1: the agent must do without doorbells.
    const queue = { backend: "redis", url: "redis://127.0.0.1:1" };
    const hostId = "00000000-0000-4000-8000-0000000000aa";
    return { status: 201, body: { hostId, credential: this.credential, queueName: "host-test", queue } };
  }

  private claim(run: FakeRun): Answer {
    run.claims++;
    this.asks.assignments = this.asks.assignments.filter((ref) => ref.runId !== run.order.runId);
    return { status: 200, body: run.order };
  }

  private events(run: FakeRun, body: Buffer): Answer {
    const batch = eventBatchSchema.parse(JSON.parse(body.toString()));
    const next = run.events.length + 1;
    if (batch.epoch !== run.order.epoch) return problem(409, "another epoch");
    if (batch.events[0]?.seq !== next) return problem(409, `event ${next} is next`, { nextSeq: next });
    batch.events.forEach((event, n) => {
      if (event.seq !== next + n) throw new Error(`event ${event.seq} does not follow ${next + n - 1}`);
      run.events.push(event);
      run.arrivals.push(event.body.type);
    });
    return { status: 200, body: { nextSeq: run.events.length + 1, late: false } };
  }
}

type Ref = { runId: string; epoch: number };

/** The last event of a run, when it is `ended`. */
export function endedOf(run: FakeRun): Extract<EventBody, { type: "ended" }> | null {
  const body = run.events.at(-1)?.body;
  return body?.type === "ended" ? body : null;
}
