/** What a shipment does with the orchestrator's answers, over a journal on disk. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventAck, RunEvent } from "@assay/protocol";
import { Refused, Unreachable } from "../link/http";
import { encodeEvent } from "./journal-file";
import { Run } from "./run";
import { Shipment } from "./shipment";

const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const log = (seq: number) => encodeEvent({ seq, atMs: 1, body: { type: "log", level: "info", text: "x" } });
const logs = (count: number, from = 1) => Array.from({ length: count }, (_, n) => log(from + n)).join("");
const ended = (seq: number) =>
  encodeEvent({ seq, atMs: 1, body: { type: "ended", exitCode: 0, signal: null, cause: "finished", detail: null } });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "assay-ship-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** An orchestrator that stores what continues; `trouble` may throw instead. */
class Store {
  readonly stored: RunEvent[] = [];
  readonly calls: string[] = [];
  trouble: (events: RunEvent[]) => void = () => {};
  cmdlogTrouble: () => void = () => {};

  events = async (_: unknown, events: RunEvent[]): Promise<EventAck> => {
    this.calls.push(`events ${events[0]?.seq}..${events.at(-1)?.seq}`);
    this.trouble(events);
    const next = this.stored.length + 1;
    if (events[0]?.seq !== next) throw new Refused(409, { nextSeq: next });
    this.stored.push(...events);
    return { nextSeq: this.stored.length + 1, late: false };
  };
  cmdlog = async (_: unknown, qid: number) => {
    this.calls.push(`cmdlog ${qid}`);
    this.cmdlogTrouble();
  };
}
function open(store: Store): Shipment {
  const key = { runId: "00000000-0000-4000-8000-000000000001", epoch: 1 };
  return new Shipment(new Run(key, directory), store, logger);
}
const journal = () => join(directory, "journal.jsonl");
async function drain(shipment: Shipment): Promise<string> {
  let result = await shipment.step();
  for (let n = 0; result === "progress" && n < 10_000; n++) result = await shipment.step();
  return result;
}

test("a live journal is followed, and a torn line waits for its rest", async () => {
  const store = new Store();
  const shipment = open(store);
  writeFileSync(journal(), logs(2) + log(3).slice(0, 10));
  expect(await drain(shipment)).toBe("idle");
  expect(store.stored).toHaveLength(2);
  appendFileSync(journal(), log(3).slice(10) + log(4));
  expect(await drain(shipment)).toBe("idle");
  expect(store.stored.map((event) => event.seq)).toEqual([1, 2, 3, 4]);
  expect(readFileSync(join(directory, "acked"), "utf8")).toBe("4");
});

test("an orchestrator that is behind gets what it wants again; one that is ahead is followed", async () => {
  writeFileSync(journal(), logs(10));
  const store = new Store();
  await drain(open(store));
  // Its database was restored from an older backup.
  store.stored.length = 4;
  appendFileSync(journal(), logs(2, 11));
  await drain(open(store));
  expect(store.stored.map((event) => event.seq)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
  // The agent lost its `acked`.
  rmSync(join(directory, "acked"));
  const fresh = open(store);
  await drain(fresh);
  expect(fresh.acked).toBe(12);
  expect(store.stored).toHaveLength(12);
});

test("nothing is lost or doubled when an answer is lost after the events were stored", async () => {
  writeFileSync(journal(), logs(1200));
  const store = new Store();
  const shipment = open(store);
  const store_ = store.events;
  let lost = 0;
  store.events = async (key, events) => {
    const ack = await store_(key, events);
    if (lost++ % 2 === 0) throw new Unreachable("reset", true);
    return ack;
  };
  const flaky = new Shipment(shipment.run, store, logger);
  for (let n = 0; n < 20; n++) await flaky.step().catch((error) => expect(error).toBeInstanceOf(Unreachable));
  expect(store.stored.map((event) => event.seq)).toEqual(Array.from({ length: 1200 }, (_, n) => n + 1));
});

test("batches become smaller until they pass", async () => {
  writeFileSync(journal(), logs(600));
  const store = new Store();
  store.trouble = (events) => {
    if (events.length > 100) throw new Refused(413, {});
  };
  expect(await drain(open(store))).toBe("idle");
  expect(store.stored).toHaveLength(600);
});

test("a conflict that does not say what is wanted is a refusal, not a reason to skip", async () => {
  writeFileSync(journal(), logs(3));
  const store = new Store();
  store.trouble = () => {
    throw new Refused(409, { detail: "not yours" });
  };
  const shipment = open(store);
  await expect(shipment.step()).rejects.toThrow(Refused);
  expect(shipment.acked).toBe(0);
});

describe("an ended run", () => {
  beforeEach(() => {
    writeFileSync(journal(), logs(2) + ended(3));
    mkdirSync(join(directory, "cmdlog"));
    for (const qid of [0, 1]) writeFileSync(join(directory, "cmdlog", `${qid}.cmdlog`), "ring");
  });

  test("ships its flight recorders first, then its events, and is done for ever", async () => {
    const store = new Store();
    expect(await drain(open(store))).toBe("done");
    expect(store.calls).toEqual(["cmdlog 0", "cmdlog 1", "events 1..3"]);
    expect(await open(store).step()).toBe("done");
    expect(store.calls).toHaveLength(3);
  });

  test("does not hold up its events when the recorder meets an error that passes, and sends it afterwards", async () => {
    const store = new Store();
    let times = 0;
    store.cmdlogTrouble = () => {
      if (++times === 1) throw new Refused(500, {});
    };
    const shipment = open(store);
    await expect(shipment.step()).rejects.toThrow(Refused);
    expect(await drain(shipment)).toBe("done");
    expect(store.calls).toEqual(["cmdlog 0", "events 1..3", "cmdlog 0", "cmdlog 1"]);
  });

  test("sends evidence before the end also when the orchestrator was away at first", async () => {
    const store = new Store();
    let times = 0;
    store.cmdlogTrouble = () => {
      if (++times === 1) throw new Unreachable("away", false);
    };
    const shipment = open(store);
    await expect(shipment.step()).rejects.toThrow(Unreachable);
    expect(await drain(shipment)).toBe("done");
    expect(store.calls).toEqual(["cmdlog 0", "cmdlog 0", "cmdlog 1", "events 1..3"]);
  });

  test("goes on without a recorder that is refused", async () => {
    const store = new Store();
    store.cmdlogTrouble = () => {
      throw new Refused(413, {});
    };
    expect(await drain(open(store))).toBe("done");
    expect(store.stored).toHaveLength(3);
  });
});
