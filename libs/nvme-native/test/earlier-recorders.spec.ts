/** A queue id that is used again: what the queue before it recorded. */
import { existsSync, readFileSync } from "node:fs";
import { recordedCommands } from "../src";
import { withDrive, worker } from "./bench-drive";

const CAPACITY = 2048;
const load = worker({ ioCount: 3 * CAPACITY, readPercent: 100 });
const open = { cmdlogEntries: CAPACITY };

test("is in its own object and in a file beside the newest, however much the next one sends", () =>
  withDrive({ open }, async ({ controller, ns, folder }) => {
    const failed = await controller.createQpair({ depth: 2 });
    await ns.io(failed, { opcode: 0xff, cdw10: 4711 });
    await failed.delete();
    expect(await ns.startIoWorker(load).result).toMatchObject({ end: "done" });
    expect(failed.cmdlog()).toMatchObject([{ opcode: 0xff, sct: 0, sc: 1 }]);
    const read = (suffix: string) => recordedCommands(readFileSync(`${folder}/${failed.qid}.cmdlog${suffix}`));
    expect(read(".1")).toMatchObject([{ opcode: 0xff, sct: 0, sc: 1 }]);
    // The id goes on counting.
    expect(read("")).toHaveLength(CAPACITY);
    expect(read("")[0]!.sequence).toBe(BigInt(1 + 3 * CAPACITY));
  }));

test("makes no file that is not bounded: two of earlier queues and no more", () =>
  withDrive({ open }, async ({ controller, ns, folder }) => {
    const qids: number[] = [];
    for (let queue = 0; queue < 6; queue++) {
      const qpair = await controller.createQpair({ depth: 2 });
      qids.push(qpair.qid);
      await ns.io(qpair, { opcode: 0xff, cdw10: queue });
      await qpair.delete();
    }
    expect(new Set(qids).size).toBe(1);
    const newest = (suffix: string) =>
      recordedCommands(readFileSync(`${folder}/${qids[0]}.cmdlog${suffix}`), 1)[0]!.cdw[0];
    expect(["", ".1", ".2"].map(newest)).toEqual([5, 4, 3]);
    expect(existsSync(`${folder}/${qids[0]}.cmdlog.3`)).toBe(false);
  }));

test("another size of the rings takes nothing away", () =>
  withDrive({ open }, async ({ controller, ns, qpair, drive, folder }) => {
    await ns.io(qpair, { opcode: 0xff, cdw10: 4711 });
    await controller.close();
    const { driver } = await import("../src");
    const again = await driver.open(
      { transport: "model", path: drive },
      { cmdlogDir: folder, cmdlogEntries: 2 * CAPACITY },
    );
    await again.createQpair({ depth: 2 });
    await again.close();
    expect(recordedCommands(readFileSync(`${folder}/${qpair.qid}.cmdlog.1`), 1)).toMatchObject([
      { opcode: 0xff, cdw: [4711, 0, 0, 0, 0, 0] },
    ]);
  }));
