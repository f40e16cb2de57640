/** What happens on a disk without room; child.cjs runs it on one of its own (small-disk.ts). */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeCmdlog } from "@assay/protocol";
import { driver, type Namespace, type Qpair } from "../src";
import { makeDrive, worker } from "./bench-drive";
import type { Scenario } from "./scenario";
import { fillDisk, freeBytes } from "./small-disk";

/** Sectors of one write, and what is in them. */
const LBAS = 8;
const contents = (number: number) => new Uint8Array(LBAS * 512).fill(1 + (number % 250));
/** Never reached: the disk is full long before. */
const MOST_WRITES = 4096;

async function writeUntilRefused(ns: Namespace, qpair: Qpair) {
  for (let number = 0; number < MOST_WRITES; number++) {
    const completion = await ns.write(qpair, BigInt(number * LBAS), contents(number));
    if (completion.sct !== 0 || completion.sc !== 0) return { acknowledged: number, completion };
  }
  throw new Error("the disk did not come to an end");
}

const message = (act: Promise<unknown>) =>
  act.then(
    () => null,
    (reason) => ({ code: reason.code, message: reason.message }),
  );

export const fullDiskScenarios: Record<string, Scenario> = {
  /** What is to be made where there is no room; `drive` is on a disk with room, `cmdlogDir` on one without. */
  async refusedOnFullDisk({ drive, cmdlogDir: disk }, say) {
    const address = { transport: "model", path: drive } as const;
    const giveBack = fillDisk(disk);
    const made = await message(makeDrive(disk));
    const opened = await message(driver.open(address, { cmdlogDir: disk }));
    const controller = await driver.open(address);
    const table = join(disk, "t.verify");
    const ns = await controller.namespace(1);
    const tabled = await message(ns.openVerifyTable(table, 1n));
    const left = ["test.drive", "0.cmdlog", "t.verify"].filter((name) => existsSync(join(disk, name)));
    const free = freeBytes(disk);
    giveBack();
    await ns.openVerifyTable(table, 1n);
    await controller.close();
    await (await driver.open(address, { cmdlogDir: disk })).close();
    say({ made, opened, tabled, left, free });
  },

  /** The drive's own file: what it acknowledged is in it. */
  async driveOnFullDisk({ cmdlogDir: disk }, say) {
    const path = await makeDrive(disk, { volatileCache: false });
    const address = { transport: "model", path } as const;
    const controller = await driver.open(address, { cmdlogDir: disk });
    const ns = await controller.namespace(1);
    const qpair = await controller.createQpair({ depth: 8 });
    const giveBack = fillDisk(disk, 1 << 20);
    const { acknowledged, completion } = await writeUntilRefused(ns, qpair);
    const reset = await controller.reset();
    const recorded = decodeCmdlog(readFileSync(join(disk, "1.cmdlog")))
      .entries.filter(({ opcode }) => opcode === 1)
      .at(-1)!;
    await controller.close();
    giveBack();
    const again = await driver.open(address);
    const readable = await again.namespace(1);
    const reader = await again.createQpair({ depth: 8 });
    const lost: number[] = [];
    for (let number = 0; number < acknowledged; number++) {
      const got = new Uint8Array(LBAS * 512);
      const { sct, sc } = await readable.read(reader, BigInt(number * LBAS), got);
      if (sct !== 0 || sc !== 0 || !Buffer.from(got).equals(contents(number))) lost.push(number);
    }
    await again.close();
    say({ acknowledged, completion, reset, recorded, lost });
  },

  /** The table of a drive that has room: it forgets, and the drive is not to blame. */
  async tableOnFullDisk({ drive, cmdlogDir: disk }, say) {
    const address = { transport: "model", path: drive } as const;
    const rings = join(drive, "..", "rings");
    mkdirSync(rings);
    const load = worker({ timeMs: 500, readPercent: 50, verify: true });
    const giveBack: (() => void)[] = [];
    const seen = [];
    for (const full of [true, false]) {
      const controller = await driver.open(address, { cmdlogDir: rings });
      const ns = await controller.namespace(1);
      await ns.openVerifyTable(join(disk, "t.verify"), 1n);
      if (full) giveBack.push(fillDisk(disk));
      const { end, miscompares, errors } = await ns.startIoWorker(load).result;
      const region = { regionStartLba: 0n, regionLbas: ns.identity.lbaCount, written: true };
      const { violations } = await ns.verify({ rule: "exact", ...region });
      const synced = await message(ns.syncVerifyTable());
      await controller.close();
      for (const give of giveBack.splice(0)) give();
      seen.push({ end, miscompares, errors, violations, synced });
    }
    say(seen);
  },
};
