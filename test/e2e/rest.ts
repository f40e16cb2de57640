/** The API as any outside program sees it: fetch, a token, JSON. */
import { eventually } from "./eventually";
import type { TestLab } from "./lab";

const KNOWN_WITHIN_MS = 60_000;
const DUTS_AT_ONCE = 50;

export interface RunSeen {
  id: string;
  plan: string;
  dut: { serial: string };
  state: string;
  contact: string;
  verdict: string | null;
  reason: string | null;
  attempt: number;
  retryOfId: string | null;
  waitingReason?: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  attribution: { cause: string; rule: string } | null;
}

export interface EventSeen {
  seq: number;
  atMs: number;
  body: { type: string; [field: string]: unknown };
}

export class Rest {
  constructor(
    readonly url: string,
    readonly token: string | null,
  ) {}

  static of(lab: TestLab): Rest {
    return new Rest(lab.url, lab.token);
  }

  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const headers: Record<string, string> = {};
    if (this.token !== null) headers.authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    let parsed: unknown = text;
    try {
      parsed = JSON.parse(text);
    } catch {
      // a page, not JSON
    }
    return { status: response.status, body: parsed };
  }

  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.call("GET", `/api/v1${path}`);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  async post<T>(path: string, payload: unknown = {}): Promise<T> {
    const { status, body } = await this.call("POST", `/api/v1${path}`, payload);
    if (status < 200 || status > 299) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  async submit(plan: string, dut: string, parameters: Record<string, unknown> = {}): Promise<string> {
    return (await this.post<{ id: string }>("/runs", { plan, dut, parameters })).id;
  }

  run(id: string): Promise<RunSeen> {
    return this.get<RunSeen>(`/runs/${id}`);
  }

  /** All events of a run, oldest first, page by page. */
  async events(id: string): Promise<EventSeen[]> {
    const all: EventSeen[] = [];
    for (;;) {
      const after = all.at(-1)?.seq ?? 0;
      const page = await this.get<{ items: EventSeen[] }>(`/runs/${id}/events?after=${after}&limit=500`);
      if (page.items.length === 0) return all;
      all.push(...page.items);
    }
  }

  /** Settles when the hosts have told of so many drives; `DUTS_AT_ONCE` at most. */
  async untilKnown(duts: number): Promise<void> {
    await eventually(`${duts} DUTs are known`, KNOWN_WITHIN_MS, async () => {
      const { items } = await this.get<{ items: unknown[] }>(`/duts?limit=${DUTS_AT_ONCE}`);
      return items.length === duts;
    });
  }

  /** @returns the finished runs, in the order of `ids` */
  async untilFinished(ids: string[], withinMs: number): Promise<RunSeen[]> {
    return eventually(`runs ${ids.join(", ")} are finished`, withinMs, async () => {
      const runs = await Promise.all(ids.map((id) => this.run(id)));
      return runs.every((run) => run.state === "finished") && runs;
    });
  }

  /** @returns the runs once all are running on their host and have told something */
  async untilRunning(ids: string[], withinMs: number): Promise<RunSeen[]> {
    return eventually(`runs ${ids.join(", ")} are running`, withinMs, async () => {
      const runs = await Promise.all(ids.map((id) => this.run(id)));
      return runs.every((run) => run.state === "running") && runs;
    });
  }
}

/** Numbers 1..n, each once, `ended` last: what "nothing lost, nothing doubled" means for one run. */
export function expectWholeJournal(events: EventSeen[]): void {
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.at(-1)?.body.type).toBe("ended");
  expect(events.filter((event) => event.body.type === "ended")).toHaveLength(1);
  expect(events.filter((event) => event.body.type === "finished").length).toBeLessThanOrEqual(1);
}
