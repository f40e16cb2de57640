import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventSchema, type Sample } from "@assay/protocol";
import { Journal } from "./journal";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lines = () =>
  readFileSync(join(folder, "journal.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => eventSchema.parse(JSON.parse(line)));

const sample: Sample = {
  worker: 0,
  interval: 0,
  intervalMs: 1000,
  atMs: 1,
  reads: 1,
  writes: 0,
  others: 0,
  readBytes: 512,
  writeBytes: 0,
  errors: 0,
  latencyAverageNs: 1,
  latencyMaxNs: 1,
};

describe("the runner's journal", () => {
  it("numbers events from 1 and has each of them in the file as soon as it is appended", () => {
    const journal = Journal.open(join(folder, "journal.jsonl"), () => 5);
    journal.log("info", "one");
    expect(lines()).toEqual([{ seq: 1, atMs: 5, body: { type: "log", level: "info", text: "one" } }]);
    journal.log("info", "two");
    expect(lines().map((event) => event.seq)).toEqual([1, 2]);
    return journal.close();
  });
  it("refuses to go on with somebody else's events", () => {
    appendFileSync(join(folder, "journal.jsonl"), "{}\n");
    expect(() => Journal.open(join(folder, "journal.jsonl"), () => 5)).toThrow("never resumes");
  });
  it("refuses an event that ingest would refuse, and gives it no number", async () => {
    const journal = Journal.open(join(folder, "journal.jsonl"), () => 5);
    expect(() =>
      journal.append({
        type: "exposure",
        poweredMs: Number.NaN,
        readBytes: "0",
        writtenBytes: "0",
        powerCycles: 0,
        resets: 0,
      }),
    ).toThrow();
    journal.log("info", "next");
    expect(lines().map((event) => event.seq)).toEqual([1]);
    await journal.close();
  });
  it("sheds samples, and only samples, beyond the room it was granted", async () => {
    const journal = Journal.open(join(folder, "journal.jsonl"), () => 5, 10);
    journal.log("info", "fills the room");
    journal.append({ type: "samples", path: "io", iteration: [], samples: [sample] });
    journal.log("info", "a result");
    await journal.close();
    expect(lines().map((event) => event.body.type)).toEqual(["log", "log"]);
    expect(journal.shedSamples).toBe(1);
  });
});
