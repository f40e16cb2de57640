/** Media that somebody changed behind the drive's back: the sweep finds each sector and names what is wrong with it. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { driver, type NativeMiscompare } from "../src";
import { withDrive, worker } from "./bench-drive";

/** Where media begin in a drive file of this layout (native/model/media/drive_layout.h: media_offset). */
function mediaOffset(fd: number): bigint {
  const header = Buffer.alloc(104);
  readSync(fd, header, 0, 104, 0);
  return header.readBigUInt64LE(96);
}

/** Changes sectors behind the drive's back, while it is closed. */
function tamper(
  drive: string,
  change: (read: (lba: number) => Buffer, write: (lba: number, data: Buffer) => void) => void,
) {
  const fd = openSync(drive, "r+");
  const base = Number(mediaOffset(fd));
  change(
    (lba) => {
      const sector = Buffer.alloc(512);
      readSync(fd, sector, 0, 512, base + lba * 512);
      return sector;
    },
    (lba, data) => void writeSync(fd, data, 0, data.length, base + lba * 512),
  );
  closeSync(fd);
}

const sweep = { rule: "exact" as const, regionStartLba: 0n, regionLbas: 512n, written: true };
const fill = worker({ sizeBytes: 4096, randomPercent: 0, readPercent: 0, regionLbas: 256n, passes: 1, verify: true });

/** Writes the region twice, closes, tampers, opens again and sweeps. */
async function found(change: Parameters<typeof tamper>[1]): Promise<NativeMiscompare[]> {
  let miscompares: NativeMiscompare[] = [];
  await withDrive({}, async ({ ns, controller, drive, folder }) => {
    await ns.openVerifyTable(`${folder}/t.verify`, 3n);
    for (let i = 0; i < 2; i++) expect((await ns.startIoWorker(fill).result).end).toBe("done");
    expect(await ns.verify(sweep)).toMatchObject({ violations: 0n, checkedLbas: 256n, coveragePercent: 100 });
    await controller.close();
    tamper(drive, change);
    const again = await driver.open({ transport: "model", path: drive });
    try {
      const namespace = await again.namespace(1);
      await namespace.openVerifyTable(`${folder}/t.verify`, 3n);
      miscompares = (await namespace.verify(sweep)).miscompares;
    } finally {
      await again.close();
    }
  });
  return miscompares;
}

test("nothing is found on a drive that is in order", async () => {
  expect(await found(() => {})).toEqual([]);
});

test("a flipped bit is a bit error, with its place", async () => {
  const [first, ...more] = await found((read, write) => {
    const sector = read(17);
    sector[300]! ^= 4;
    write(17, sector);
  });
  expect(more).toEqual([]);
  expect(first).toMatchObject({ lba: 17n, kind: "bit-error", byteOffset: 300, expectedLba: 17n });
  expect(first!.expected).not.toBe(first!.got);
  expect(first!.got).toHaveLength(128);
});

test("two swapped sectors are two wrong LBAs", async () => {
  const miscompares = await found((read, write) => {
    const [a, b] = [read(3), read(90)];
    write(3, b);
    write(90, a);
  });
  expect(miscompares.map((m) => [m.lba, m.kind, m.gotLba])).toEqual([
    [3n, "wrong-lba", 90n],
    [90n, "wrong-lba", 3n],
  ]);
});

test("zeroes and foreign data are told apart", async () => {
  const miscompares = await found((_, write) => {
    write(5, Buffer.alloc(512));
    write(6, Buffer.alloc(512, 0xa5));
  });
  expect(miscompares.map((m) => [m.lba, m.kind])).toEqual([
    [5n, "unexpected-zeroes"],
    [6n, "unexpected-data"],
  ]);
});

test("an older version is stale, and half of an older version is a torn write", async () => {
  let old: Buffer[] = [];
  let miscompares: NativeMiscompare[] = [];
  await withDrive({}, async ({ ns, controller, drive, folder }) => {
    await ns.openVerifyTable(`${folder}/t.verify`, 3n);
    await ns.startIoWorker(fill).result;
    await controller.close();
    tamper(drive, (read) => {
      old = [read(40), read(41)];
    });
    const second = await driver.open({ transport: "model", path: drive });
    const namespace = await second.namespace(1);
    await namespace.openVerifyTable(`${folder}/t.verify`, 3n);
    await namespace.startIoWorker(fill).result;
    await second.close();
    tamper(drive, (read, write) => {
      write(40, old[0]!);
      write(41, Buffer.concat([read(41).subarray(0, 256), old[1]!.subarray(256)]));
    });
    const third = await driver.open({ transport: "model", path: drive });
    const again = await third.namespace(1);
    await again.openVerifyTable(`${folder}/t.verify`, 3n);
    miscompares = (await again.verify(sweep)).miscompares;
    await third.close();
  });
  expect(miscompares.map((m) => [m.lba, m.kind])).toEqual([
    [40n, "stale-version"],
    [41n, "torn-write"],
  ]);
  expect(miscompares[0]!.gotToken!).toBeLessThan(miscompares[0]!.expectedToken!);
});
