/** What a closed controller has given back while a script still holds all its objects: what goes only with them adds up. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { expectStatus } from "../src";
import { withDrive, worker } from "./bench-drive";

/** Files that this process has open. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

/** KiB of a file that lie in this process's memory. */
function residentKib(path: string): number {
  let kib = 0;
  let here = false;
  for (const line of readFileSync("/proc/self/smaps", "utf8").split("\n")) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) here = line.endsWith(path);
    const rss = /^Rss: +(\d+) kB/.exec(line);
    if (here && rss !== null) kib += Number(rss[1]);
  }
  return kib;
}

test("close gives the drive's file and the verify table back, whatever the script still holds", () =>
  withDrive({ open: { cmdlogDir: null } }, async ({ controller, ns, qpair, drive, folder }) => {
    const table = `${folder}/t.verify`;
    await ns.openVerifyTable(table, 1n);
    const load = ns.startIoWorker(worker({ readPercent: 0, randomPercent: 0, passes: 1, verify: true }));
    expect((await load.result).end).toBe("done");
    const held = controller.createBuffer(4096);
    expectStatus(await ns.read(qpair, 0n, held));
    expect(openFiles().filter((path) => path.startsWith(folder))).toEqual(expect.arrayContaining([drive, table]));
    const written = residentKib(drive);
    expect(written).toBeGreaterThan(4096);

    await controller.close();
    expect(openFiles().filter((path) => path.startsWith(folder))).toEqual([]);
    // Who asks a closed controller for its limits touches a page of the header.
    expect(residentKib(drive)).toBeLessThan(written / 16);
    expect(residentKib(table)).toBe(0);
    expect([load.running, held.length, ns.identity.lbaBytes, qpair.cmdlog(1)[0]!.opcode]).toEqual([
      false,
      4096,
      512,
      2,
    ]);
  }));
