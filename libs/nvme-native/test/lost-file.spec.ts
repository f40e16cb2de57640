/**
 * A file that loses its place under us (cut short by somebody, or on a full file system: the kernel says the same to both)
 * ends no process: the drive in it is gone, a verify table and a flight recorder go on in memory.
 */
import { truncateSync } from "node:fs";
import { driver } from "../src";
import { codeOf, withDrive, worker } from "./bench-drive";

const data = new Uint8Array(65536).fill(7);
const verified = worker({ timeMs: 300, readPercent: 50, verify: true });

test.each([0, 8192, 1 << 20])(
  "a drive whose file is cut to %i bytes is gone, in words, until it is opened again",
  (bytes) =>
    withDrive({}, async ({ controller, ns, qpair, drive }) => {
      const load = ns.startIoWorker(worker({ timeMs: 60_000, readPercent: 50, onError: "count" }));
      for await (const event of load) if (event.type === "sample") break;
      truncateSync(drive, bytes);
      expect((await load.result).end).toBe("terminated");
      const writes = Array.from({ length: 32 }, (_, i) => ns.write(qpair, BigInt(i * 128), data));
      for (const completion of await Promise.all(writes))
        expect(completion).toMatchObject({ local: true, sct: 7, sc: 0x82 });
      expect(await codeOf(() => controller.createQpair({ depth: 4 }))).toBe("ERR_GONE");
      const gone = expect.stringContaining(`${drive}: its file system had no room`);
      expect(await controller.reset()).toMatchObject({ ok: false, reason: gone });
      await expect(controller.reopen()).rejects.toMatchObject({ code: "ERR_GONE", message: gone });
      await controller.close();
      expect(await codeOf(() => driver.open({ transport: "model", path: drive }))).toBe("ERR_OPEN");
      expect(await codeOf(() => driver.modelPower(drive, "off"))).toBe("ERR_OPEN");
    }),
);

test("a verify table that is cut short forgets what it has lost, and accuses nobody", () =>
  withDrive({}, async ({ ns, folder }) => {
    const table = `${folder}/t.verify`;
    await ns.openVerifyTable(table, 5n);
    expect((await ns.startIoWorker(verified).result).end).toBe("done");
    truncateSync(table, 4096);
    expect(await ns.startIoWorker(verified).result).toMatchObject({ end: "done", miscompares: 0n, errors: [] });
    const region = { regionStartLba: 0n, regionLbas: ns.identity.lbaCount, written: true };
    expect(await ns.verify({ rule: "exact", ...region })).toMatchObject({ violations: 0n });
  }));

test("commands go on behind a flight recorder that is cut short, and the queue still tells its newest ones", () =>
  withDrive({}, async ({ ns, qpair, folder }) => {
    truncateSync(`${folder}/1.cmdlog`, 0);
    for (let n = 0; n < 64; n++)
      expect(await ns.write(qpair, BigInt(n), new Uint8Array(512))).toMatchObject({ sct: 0 });
    expect(qpair.cmdlog(2).map((command) => command.slba)).toEqual([63n, 62n]);
  }));
