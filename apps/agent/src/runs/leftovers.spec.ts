import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBootId } from "../platform/boottime";
import { endRun } from "./end-run";
import { killLeftovers, processesOf, RUN_MARK } from "./leftovers";
import { makeRunDirectory } from "./make-directory";
import { markOf } from "./process-mark";
import { Run } from "./run";
import { announceRunner } from "./runner-mark";
import { startRunner } from "./start-runner";

// A shared machine may take its time.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-leftovers-"));
});
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a process that stays, in a group of its own, as a power command is. */
function stay(directory: string) {
  const child = spawn("sleep", ["600"], { env: { ...process.env, [RUN_MARK]: directory }, detached: true });
  started.push(child);
  return { pid: child.pid, gone: new Promise<void>((resolve) => child.once("exit", () => resolve())) };
}

test("what a run has started is found and ended, and nothing of another run", async () => {
  const [mine, other] = [join(folder, "a"), join(folder, "a-2")];
  const left = stay(mine);
  const stranger = stay(other);
  expect(processesOf(mine)).toEqual([left.pid]);
  expect(killLeftovers(mine)).toBe(1);
  await left.gone;
  expect(killLeftovers(mine)).toBe(0);
  expect(processesOf(other)).toEqual([stranger.pid]);
  killLeftovers(other);
  await stranger.gone;
});

test("a run does not end while a command of its dead runner lives", async () => {
  const key = { runId: "00000000-0000-4000-8000-000000000001", epoch: 1 };
  const directory = join(folder, `${key.runId}-1`);
  const bootId = readBootId();
  makeRunDirectory(
    directory,
    {},
    {
      ...{ deadlineBoottimeNs: (2n ** 62n).toString(), bootId, slotName: "bay-1", hostFile: "host.yaml" },
      ...{ agentVersion: "0.1.0", cmdlogDir: join(directory, "cmdlog"), tableDir: folder },
    },
  );
  // A runner that was killed in the middle of a power command.
  announceRunner(directory, { ...markOf(process.pid, bootId), startTicks: "1" });
  const left = stay(directory);
  const run = new Run(key, directory);
  const now = { bootId, boottimeNs: 0n, deadlineGraceNs: 0n, revokeGraceNs: 0n };
  const look = () => {
    const { move, view } = run.decide(now);
    expect(move).toMatchObject({ kind: "close", cause: "crashed" });
    endRun(run, move as never, view, bootId, 0);
  };
  look();
  expect(run.ended).toBe(false);
  await left.gone;
  look();
  expect(run.ended).toBe(true);
});

test("a runner and what it starts carry the mark", async () => {
  const directory = join(folder, "run");
  mkdirSync(directory);
  const command = ["sh", "-c", `echo "$${RUN_MARK}"`];
  const files = { directory, runnerLog: join(directory, "runner.log") } as never;
  const launch = { cmdlogDir: folder, tableDir: folder } as never;
  const child = startRunner({ command, environment: process.env }, files, launch);
  await new Promise((resolve) => child.once("exit", resolve));
  expect(readFileSync(join(directory, "runner.log"), "utf8").trim()).toBe(directory);
});
