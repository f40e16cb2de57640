import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { decodeCmdlog } from "@assay/protocol";
import { driver } from "../src";
import { makeDrive, temporaryFolder } from "./bench-drive";
import { type Child, killAll, said, start } from "./child-process";

let folder: string;
let drive: string;
beforeEach(async () => {
  folder = temporaryFolder();
  drive = await makeDrive(folder);
});
afterEach(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

test("killed with -9 it leaves readable flight recorders, an unlocked drive, and no torn sector", async () => {
  for (let i = 0; i < 5; i++) {
    const child = start("work", folder, drive);
    expect(await said(child)).toEqual({ working: true });
    child.process.kill("SIGKILL");
    await child.ended;
    const logs = readdirSync(folder).filter((name) => name.endsWith(".cmdlog"));
    expect(logs.sort()).toEqual(["0.cmdlog", "1.cmdlog", "2.cmdlog"]);
    for (const name of ["1.cmdlog", "2.cmdlog"]) {
      const log = decodeCmdlog(readFileSync(join(folder, name)));
      expect(log.label).toMatch(/^ioworker 1[01]$/);
      expect(log.pid).toBe(child.process.pid);
      const entries = log.entries.slice(-1000);
      expect(entries.length).toBeGreaterThan(16);
      // No gap: at most the entry that was being written is missing.
      const last = entries[entries.length - 1]!.sequence;
      expect(Number(last - entries[0]!.sequence)).toBeLessThanOrEqual(entries.length);
      const outstanding = entries.filter((entry) => entry.outstanding);
      // The ring goes on from one process to the next: each leaves at most its depth behind.
      expect(outstanding.length).toBeLessThanOrEqual(8 * (i + 1));
      for (const entry of entries) {
        expect([1, 2]).toContain(entry.opcode);
        expect(entry).toMatchObject({ nsid: 1, lbaCount: 8n, sct: 0, sc: 0 });
        expect(entry.slba % 8n).toBe(0n);
        if (entry.completedNs !== null) expect(entry.completedNs).toBeGreaterThanOrEqual(entry.submittedNs);
      }
    }
    const controller = await driver.open({ transport: "model", path: drive });
    await controller.close();
  }
}, 20_000);

test("after the deadline nothing is sent: workers end, everything else is refused, and it never moves later", async () => {
  const child = start("deadline", folder, drive);
  const report = await said(child);
  expect(report).toMatchObject({ end: "deadline", again: "deadline", reads: "0", inFlight: 0 });
  for (const [name, code] of Object.entries(report.codes)) expect([name, code]).toEqual([name, "ERR_DEADLINE"]);
  expect(Object.keys(report.codes)).toHaveLength(7);
  expect((await child.ended)[0]).toBe(0);
  // The flight recorder agrees: the last submission lies before the end, and it is the last.
  const log = decodeCmdlog(readFileSync(join(folder, "2.cmdlog")));
  const last = log.entries[log.entries.length - 1]!;
  expect(last.outstanding).toBe(false);
});

describe("a process that was stopped for longer than its commands may take", () => {
  const timeoutMs = 1500;
  const stopped = async (child: Child) => {
    child.process.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 1.5 * timeoutMs));
    child.process.kill("SIGCONT");
  };
  const latency = { readUs: 30_000, writeUs: 30_000, flushUs: 30_000, jitterPercent: 50 };

  test("calls none of them late: nobody was there to take them in", async () => {
    const slow = await makeDrive(folder, { latency }, "slow.drive");
    const child = start("untilTold", folder, slow, { timeoutMs });
    expect(await said(child)).toEqual({ working: true });
    for (let i = 0; i < 3; i++) await stopped(child);
    child.process.stdin!.end("end\n");
    expect(await said(child)).toEqual({ end: "stopped", errors: [], reads: ["0/0"] });
    expect(await child.ended).toEqual([0, null]);
  }, 60_000);

  test("still notices a completion that never comes", async () => {
    const faults = [{ kind: "lost-completion" as const, afterCommands: 40 }];
    const lossy = await makeDrive(folder, { latency, faults }, "lossy.drive");
    const child = start("untilTold", folder, lossy, { timeoutMs });
    expect(await said(child)).toEqual({ working: true });
    await stopped(child);
    await new Promise((resolve) => setTimeout(resolve, 3 * timeoutMs));
    child.process.stdin!.end("end\n");
    const { errors, reads } = await said(child);
    const late = [...errors.map((e: { sct: number; sc: number }) => `${e.sct}/${e.sc} local`), ...reads];
    expect(new Set(late.filter((status) => status !== "0/0"))).toEqual(new Set([`${0x07}/${0x80} local`]));
    expect(await child.ended).toEqual([0, null]);
  }, 60_000);
});

test("process.exit while workers run ends at once with the code that was asked for", async () => {
  for (let i = 0; i < 3; i++) {
    const child = start("exit", folder, drive);
    expect(await said(child)).toEqual({ leaving: true });
    expect(await child.ended).toEqual([5, null]);
  }
}, 20_000);

test("process.exit while a drive opens does not wait for what nobody will ever close", async () => {
  // So long the end of a process waits for threads that do not end.
  const limitMs = 3000;
  let waitedMs = 0;
  for (let i = 0; i < 3; i++) {
    const child = start("exitOpening", folder, drive);
    expect(await said(child)).toEqual({ leaving: true });
    const left = performance.now();
    expect(await child.ended).toEqual([5, null]);
    waitedMs += performance.now() - left;
    const controller = await driver.open({ transport: "model", path: drive });
    await controller.close();
  }
  expect(waitedMs).toBeLessThan(3 * limitMs);
}, 30_000);

test("the end of a JavaScript thread closes what it had open", async () => {
  const child = start("thread", folder, drive);
  expect(await said(child)).toEqual({ freed: true });
  expect(await child.ended).toEqual([0, null]);
}, 20_000);

test("an idle controller keeps no process alive and takes next to no CPU", async () => {
  const idle = start("idle", folder, drive);
  expect(await said(idle)).toEqual({ idle: true });
  expect(await idle.ended).toEqual([0, null]);
  const quiet = start("quiet", folder, drive);
  expect((await said(quiet)).cpuMs).toBeLessThan(50);
  expect(await quiet.ended).toEqual([0, null]);
});

test("of sixteen workers of 1,024 commands of 128 KiB those without memory are refused, the others run, and it comes back", async () => {
  const large = await makeDrive(folder, { maxQpairs: 17, maxQueueEntries: 1025 }, "large.drive");
  const child = start("crowd", folder, large);
  const { outcomes, again } = await said(child);
  expect(await child.ended).toEqual([0, null]);
  expect([outcomes.length, outcomes[0]]).toEqual([16, "stopped"]);
  const refused = outcomes.filter((outcome: string) => outcome !== "stopped");
  expect(refused).toContain("ERR_QPAIR no memory for 1024 buffers of 131072 bytes");
  // The stack of its thread may be what there is no memory for.
  for (const outcome of refused) expect(outcome).toMatch(/^ERR_QPAIR no (memory for|thread could be started)/);
  expect(again).toEqual(["stopped", "stopped"]);
}, 60_000);
