/**
 * What the agent's and the runner's files do on a disk without room: `full-disk-child.ts <scenario> <disk> <folder with room>`, on a
 * disk of its own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { driver } from "@assay/nvme-native";
import { fillDisk } from "../../../libs/nvme-native/test/small-disk";
import { writeDurably } from "../src/platform/durable-file";
import type { Logger } from "../src/platform/logger";
import { Journal } from "../src/runner/journal";
import { killRunner } from "../src/runs/end-run";
import { closeJournal, readLines, scanJournal, seqOf } from "../src/runs/journal-file";
import { makeRunDirectory } from "../src/runs/make-directory";
import { Run } from "../src/runs/run";
import { parseRunName, runName } from "../src/runs/run-directory";
import { Bench, bodies, HOST_YAML, plan } from "./runner/bench";

const [, , scenario, disk, elsewhere] = process.argv as [string, string, string, string, string];
const journal = join(disk, "journal.jsonl");
const RUNNER = join(__dirname, "../dist/runner/main.js");
/** Longer than what is left of a page, so that the disk takes a part of it. */
const TEXT = "x".repeat(3000);
const MOST_EVENTS = 10_000;
const KEY = parseRunName("00000000-0000-4000-8000-000000000001-1")!;

const errorOf = (act: () => unknown): string | null => {
  try {
    act();
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
};
/** The numbers on a journal's lines; null for a damaged one. */
const numbers = (file = journal) => [...readLines(file, 0)].map(({ text }) => seqOf(text));

/** Appends until the disk takes no more. @returns what it said then */
function appendUntilFull(log: Journal): string {
  for (let n = 0; n < MOST_EVENTS; n++) {
    const error = errorOf(() => log.log("info", TEXT));
    if (error !== null) return error;
  }
  throw new Error("the disk did not come to an end");
}

const scenarios: Record<string, () => Promise<unknown>> = {
  async journal() {
    const log = Journal.open(journal, () => 1);
    const giveBack = fillDisk(disk, 64 << 10);
    const errors = [appendUntilFull(log), errorOf(() => log.log("warn", TEXT))];
    const appended = log.lastSeq;
    const torn = scanJournal(journal).tornBytes;
    giveBack();
    log.log("info", "there is room");
    await log.close();
    return { errors, appended, torn, numbers: numbers() };
  },

  async closing() {
    const log = Journal.open(journal, () => 1);
    log.log("info", "alive");
    await log.close();
    const giveBack = fillDisk(disk);
    // Longer than a page: the disk takes a part of it.
    const detail = TEXT.repeat(2);
    const ended = { type: "ended", exitCode: null, signal: "SIGKILL", cause: "crashed", detail } as const;
    const error = errorOf(() => closeJournal(journal, [ended], 2));
    const between = scanJournal(journal);
    giveBack();
    closeJournal(journal, [ended], 3);
    return { error, endedBefore: between.ended, numbers: numbers(), ended: scanJournal(journal).ended };
  },

  async runner() {
    process.env.TMPDIR = disk;
    const bench = new Bench();
    // The drive has room: it is the run's directory that has none.
    const host = HOST_YAML.replace("bay-1.drive", join(elsewhere, "bay-1.drive"));
    await bench.makeDrive(driver, [], host);
    const load = "ioworker: {id: io, size: 4KiB, read: 50%, depth: 4, time: 1h, sample: 100ms}";
    const directory = bench.order(plan(`effects: [writes]\nsteps: [{${load}}]`), { host });
    const child = spawn(process.execPath, [RUNNER, directory], { stdio: ["ignore", "ignore", "pipe"] });
    let words = "";
    child.stderr.on("data", (chunk) => (words += chunk));
    const ended = once(child, "exit");
    while (bodies(directory, "step-started").length === 0) await sleep(20);
    const giveBack = fillDisk(dirname(bench.root));
    const [code] = await ended;
    const file = join(directory, "journal.jsonl");
    const { lastSeq, tornBytes } = scanJournal(file);
    giveBack();
    closeJournal(file, [{ type: "ended", exitCode: code, signal: null, cause: "crashed", detail: null }], 4);
    return { code, words, lastSeq, tornBytes, numbers: numbers(file), ended: scanJournal(file).ended };
  },

  async files() {
    const file = join(disk, "state");
    writeDurably(file, "old");
    const giveBack = fillDisk(disk);
    const runs = join(disk, "runs");
    const errors = [
      errorOf(() => writeDurably(file, TEXT)),
      errorOf(() => makeRunDirectory(join(runs, runName(KEY)), { text: TEXT }, null)),
    ];
    const content = readFileSync(file, "utf8");
    const left = readdirSync(disk).filter((name) => name.includes("tmp"));
    const taken = readdirSync(runs).filter((name) => parseRunName(name) !== null);
    giveBack();
    makeRunDirectory(join(runs, runName(KEY)), { text: TEXT }, null);
    return { errors, content, left, taken, later: readdirSync(runs) };
  },

  async kill() {
    const directory = join(disk, runName(KEY));
    mkdirSync(directory);
    const run = new Run(KEY, directory);
    fillDisk(disk);
    run.child = spawn("sleep", ["1000"], { stdio: "ignore", detached: true });
    const ended = once(run.child, "exit");
    const said: string[] = [];
    const say = (text: string) => void said.push(text);
    const log = { debug: say, info: say, warn: say, error: say } as unknown as Logger;
    killRunner(run, "killed-deadline", log);
    killRunner(run, "killed-deadline", log);
    return { signal: (await ended)[1], cause: run.killedFor(), said };
  },
};

void scenarios[scenario]!().then((answer) => console.log(JSON.stringify(answer)));
