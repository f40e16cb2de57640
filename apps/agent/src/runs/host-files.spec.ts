/** What the agent keeps on disk beside journals: claim times, marks, directories, flight recorders. */
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBootId } from "../platform/boottime";
import { ClaimTimes } from "./claim-times";
import { chooseCmdlogDir, listRings, saveRings } from "./cmdlog-files";
import { makeRunDirectory } from "./make-directory";
import { isAlive, markOf, parseStat } from "./process-mark";
import { parseRunName, runName } from "./run-directory";
import { announceRunner, RunnerDirectoryTaken, readRunnerMark } from "./runner-mark";
import { orderRefusal } from "./take-order";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-host-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const key = { runId: "0f0e0d0c-0b0a-4900-8800-070605040302", epoch: 3 };

describe("claim times", () => {
  test("a claim whose answer may have been lost keeps the time of its first attempt, also over a restart", () => {
    expect(new ClaimTimes(folder, "boot").begin(key, 10n)).toBe(10n);
    expect(new ClaimTimes(folder, "boot").begin(key, 99n)).toBe(10n);
    expect(new ClaimTimes(folder, "boot").begin({ ...key, epoch: 4 }, 99n)).toBe(99n);
  });

  test("a claim that certainly did not arrive begins anew, and so does one of another boot", () => {
    const times = new ClaimTimes(folder, "boot");
    times.begin(key, 10n);
    times.forget(key);
    expect(times.begin(key, 20n)).toBe(20n);
    expect(new ClaimTimes(folder, "later").begin(key, 5n)).toBe(5n);
    new ClaimTimes(folder, "boot").forgetOtherBoots();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("the mark of a runner", () => {
  const mark = (pid: number) => ({ pid, startTicks: "7", bootId: "b" });

  test("of two runners exactly one owns a directory, and leaves no other file", () => {
    announceRunner(folder, mark(1));
    expect(() => announceRunner(folder, mark(2))).toThrow(RunnerDirectoryTaken);
    expect(readRunnerMark(folder)).toEqual(mark(1));
    expect(readdirSync(folder)).toEqual(["runner.json"]);
  });

  test("a process is recognised by pid, start and boot; a reused pid is somebody else", () => {
    const me = markOf(process.pid, readBootId());
    expect(isAlive(me, readBootId())).toBe(true);
    expect(isAlive({ ...me, startTicks: "1" }, readBootId())).toBe(false);
    expect(isAlive(me, "another boot")).toBe(false);
  });

  test("a process that has ended is dead", async () => {
    const child = spawn("sleep", ["600"]);
    await new Promise((done) => child.once("spawn", done));
    const its = markOf(child.pid as number, readBootId());
    expect(isAlive(its, readBootId())).toBe(true);
    child.kill("SIGKILL");
    await new Promise((done) => child.once("exit", done));
    expect(isAlive(its, readBootId())).toBe(false);
  });

  test("a command name with blanks and brackets does not shift the fields", () => {
    const rest = Array.from({ length: 30 }, (_, n) => n + 3).join(" ");
    expect(parseStat(`12 (a) (b c) ${rest}`)).toEqual({ state: "3", startTicks: "22" });
  });
});

describe("run directories", () => {
  test("a name leads back to its run, other names to none", () => {
    expect(parseRunName(runName(key))).toEqual(key);
    for (const name of [".new-x", "x-1", `${key.runId}`, `${key.runId}-x`]) expect(parseRunName(name)).toBeNull();
  });

  test("an order appears whole; a half made one from before a crash is replaced", () => {
    const directory = join(folder, runName(key));
    mkdirSync(join(folder, `.new-${runName(key)}`));
    writeFileSync(join(folder, `.new-${runName(key)}`, "order.json"), "{half");
    makeRunDirectory(directory, { any: 1 }, null);
    expect(readdirSync(folder)).toEqual([runName(key)]);
    expect(JSON.parse(readFileSync(join(directory, "order.json"), "utf8"))).toEqual({ any: 1 });
  });

  test.each([
    ["another wire version", { wireVersion: 9 }, /wire version 9 is not/],
    ["no wire version", {}, /no wire version/],
    ["a missing field", { wireVersion: 1 }, /not understood: runId/],
    ["nothing", null, /no wire version/],
  ])("an answer with %s is no order", (_, answer, sentence) => expect(orderRefusal(key, answer)).toMatch(sentence));
});

describe("flight recorders", () => {
  test("only files named after a qpair are rings, and links are none", () => {
    for (const name of ["10.cmdlog", "2.cmdlog", "x.cmdlog", "2.cmdlog.tmp"]) writeFileSync(join(folder, name), "");
    symlinkSync("/etc/passwd", join(folder, "3.cmdlog"));
    expect(listRings(folder).map((ring) => ring.qid)).toEqual([2, 10]);
    expect(listRings(join(folder, "none"))).toEqual([]);
  });

  test("they come from memory to the disk once, and a second attempt after a crash does no harm", () => {
    const live = join(folder, "live");
    const saved = join(folder, "saved");
    mkdirSync(live);
    writeFileSync(join(live, "0.cmdlog"), "ring");
    writeFileSync(join(live, "0.cmdlog.2"), "of the queue two before it");
    saveRings(live, saved);
    saveRings(live, saved);
    expect(existsSync(live)).toBe(false);
    expect(readFileSync(join(saved, "0.cmdlog"), "utf8")).toBe("ring");
    expect(readFileSync(join(saved, "0.cmdlog.2"), "utf8")).toBe("of the queue two before it");
    expect(existsSync(join(saved, "0.cmdlog.1"))).toBe(false);
  });

  test("the last run takes the agent's folder in memory with it, one before the last does not", () => {
    const own = join(folder, "assay-0-abc");
    for (const run of ["a", "b"]) mkdirSync(join(own, run), { recursive: true });
    saveRings(join(own, "a"), join(folder, "saved-a"));
    expect(existsSync(own)).toBe(true);
    saveRings(join(own, "b"), join(folder, "saved-b"));
    expect(existsSync(own)).toBe(false);
  });

  test("where there is no tmpfs, or its folder belongs to nobody safe, the rings go to the run's directory", () => {
    expect(chooseCmdlogDir("r", "/runs/r", "/agent", "/proc")).toBe("/runs/r/cmdlog");
    expect(chooseCmdlogDir("r", "/runs/r", "/agent", join(folder, "none"))).toBe("/runs/r/cmdlog");
  });
});
