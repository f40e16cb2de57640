/** Every command that changes the medium is followed by the verify table, or makes it say that it does not know. */
import {
  driver,
  expectStatus,
  expectTcg,
  type ModelFault,
  namespacePage,
  OpalDrive,
  type TcgAnswer,
  ZonedNamespace,
} from "../src";
import { erases } from "../src/namespace/erasure";
import { type Bench, withDrive, worker } from "./bench-drive";

const sweep = { rule: "exact" as const, regionStartLba: 0n, regionLbas: 512n, written: true };
const fill = worker({ sizeBytes: 4096, randomPercent: 0, readPercent: 0, regionLbas: 256n, passes: 1, verify: true });

/** Writes that the table does not follow: another table is open meanwhile. */
async function behindTheTable(ns: Bench["ns"], folder: string, write: () => Promise<unknown>): Promise<void> {
  await ns.openVerifyTable(`${folder}/other.verify`, 3n);
  await write();
  await ns.openVerifyTable(`${folder}/t.verify`, 3n);
}

/** Until the drive says that it is done. */
async function sanitized({ controller }: Bench): Promise<void> {
  expectStatus(await controller.commands.sanitize("blockErase"));
  for (;;) {
    const { data } = await controller.getLogPage(0x81, 512);
    if ((data[2]! & 7) !== 2) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("every write path keeps the table true", () => {
  const data = Uint8Array.from({ length: 8 * 512 }, (_, i) => i & 0xff);
  const paths: [string, number, (bench: Bench) => Promise<unknown>][] = [
    ["write", 8, ({ ns, qpair }) => ns.write(qpair, 8n, data)],
    ["raw write", 8, ({ ns, qpair }) => ns.io(qpair, { opcode: 1, cdw10: 8, cdw12: 7 }, data, "to-device")],
    ["write zeroes", 8, ({ ns, qpair }) => ns.writeZeroes(qpair, 8n, 8)],
    ["write zeroes that deallocates", 8, ({ ns, qpair }) => ns.writeZeroes(qpair, 8n, 8, { deallocate: true })],
    ["write uncorrectable", 8, ({ ns, qpair }) => ns.io(qpair, { opcode: 4, cdw10: 8, cdw12: 7 })],
    ["copy", 16, ({ ns, qpair }) => ns.copy(qpair, [{ slba: 8n, lbaCount: 8 }], 100n)],
    ["copy onto itself", 8, ({ ns, qpair }) => ns.copy(qpair, [{ slba: 8n, lbaCount: 4 }], 12n)],
    ["copy of what nobody knows", 8, ({ ns, qpair }) => ns.copy(qpair, [{ slba: 300n, lbaCount: 8 }], 100n)],
    [
      "compare and write, fused",
      8,
      async ({ ns, qpair }) => {
        const there = new Uint8Array(8 * 512);
        await ns.read(qpair, 8n, there);
        await ns.compareAndWrite(qpair, 8n, there, data);
      },
    ],
    [
      "deallocate",
      8,
      ({ ns, qpair }) =>
        ns.deallocate(qpair, [
          { slba: 8n, lbaCount: 6 },
          { slba: 12n, lbaCount: 4 },
        ]),
    ],
    [
      "unverified worker",
      0,
      ({ ns }) => ns.startIoWorker({ ...fill, verify: false, regionStartLba: 8n, regionLbas: 8n }).result,
    ],
    [
      "worker that deallocates",
      8,
      ({ ns }) =>
        ns.startIoWorker({
          ...fill,
          readPercent: undefined,
          operations: { deallocate: 100 },
          regionStartLba: 8n,
          regionLbas: 8n,
        }).result,
    ],
    ["format", 0, ({ controller }) => controller.format(1, { lbaFormat: 0 })],
    ["sanitize", 0, sanitized],
    ["a vendor's command with data", 0, ({ ns, qpair }) => ns.io(qpair, { opcode: 0x81 }, data, "to-device")],
  ];
  test.each(paths)("%s", (_, known, act) =>
    withDrive({}, async (bench) => {
      const { ns, folder } = bench;
      await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      await ns.startIoWorker({ ...fill, regionStartLba: 8n, regionLbas: 8n }).result;
      await act(bench);
      const result = await ns.verify(sweep);
      expect(result).toMatchObject({ violations: 0n, checkedLbas: BigInt(known), readErrors: 0n });
    }),
  );

  test("a namespace that was deleted, and made again as it was", () =>
    withDrive({ spec: { maxNamespaces: 2 } }, async ({ controller, ns, folder }) => {
      await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      await ns.startIoWorker(fill).result;
      const { commands } = controller;
      await commands.deleteNamespace(1);
      const { lbaCount } = ns.identity;
      expect((await commands.createNamespace(namespacePage({ lbaCount, lbaFormat: 0 }))).cdw0).toBe(1);
      await commands.attachNamespace(1, [0]);
      const again = await controller.namespace(1);
      await again.openVerifyTable(`${folder}/t.verify`, 3n);
      expect(await again.verify(sweep)).toMatchObject({ violations: 0n, checkedLbas: 0n });
    }));

  test.each<[string, (bench: Bench) => Promise<unknown>, number]>([
    [
      "one was made",
      ({ controller }) => controller.commands.createNamespace(namespacePage({ lbaCount: 1024n, lbaFormat: 0 })),
      0,
    ],
    ["another one was formatted", ({ controller }) => controller.format(2, { lbaFormat: 1 }), 0],
    ["another one was deleted", ({ controller }) => controller.commands.deleteNamespace(2), 0],
    ["a format was refused", ({ controller }) => controller.format(1, { lbaFormat: 15 }), 0x10a],
    ["a sanitize was refused", ({ controller }) => controller.admin({ opcode: 0x84, cdw10: 0 }), 0x002],
  ])("what a namespace holds is known still when %s, and its loss is found", (_, act, status) =>
    withDrive(
      {
        spec: {
          capacityBytes: 24n << 20n,
          namespaces: [
            { capacityBytes: 8n << 20n, lbaBytes: 512 },
            { capacityBytes: 8n << 20n, lbaBytes: 512 },
          ],
        },
      },
      async (bench) => {
        const { ns, qpair, folder } = bench;
        await ns.openVerifyTable(`${folder}/t.verify`, 3n);
        await ns.startIoWorker({ ...fill, regionStartLba: 8n, regionLbas: 8n }).result;
        expect(await act(bench)).toMatchObject({ sct: status >> 8, sc: status & 0xff });
        expect(await ns.verify(sweep)).toMatchObject({ violations: 0n, checkedLbas: 8n });
        await behindTheTable(ns, folder, () => ns.write(qpair, 9n, data.subarray(0, 512)));
        const { miscompares } = await ns.verify(sweep);
        expect(miscompares.map(({ lba }) => lba)).toEqual([9n]);
      },
    ),
  );

  test("a self-encrypting drive: new keys, ranges that move and reverts make it unknown, locks do not", () =>
    withDrive({ spec: { opal: { msid: "FACTORY", psid: "LABEL" } } }, async ({ controller, ns, folder }) => {
      const opal = await OpalDrive.of(controller);
      expectTcg(await opal.setSidPin("FACTORY", "owner"));
      expectTcg(await opal.activate("owner"));
      const admin = { admin: 1, pin: "owner" };
      await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      const known = async (act: () => Promise<TcgAnswer>) => {
        await ns.startIoWorker({ ...fill, regionLbas: 64n, alignLbas: 1, depth: 1 }).result;
        expectTcg(await act());
        const { violations, checkedLbas } = await ns.verify(sweep);
        return [violations, checkedLbas];
      };
      const place = { slba: 8n, lbaCount: 8n, readLockEnabled: false, writeLockEnabled: false };
      expect(await known(() => opal.setRange(admin, 1, place))).toEqual([0n, 0n]);
      expect(await known(() => opal.lock(admin, 1, "all"))).toEqual([0n, 64n]);
      expect(await known(() => opal.generateKey(admin, 1))).toEqual([0n, 0n]);
      expect(await known(() => opal.revert({ psid: "LABEL" }))).toEqual([0n, 0n]);
    }));

  test("where formats are those of all namespaces (FNA), everything is unknown behind one", () => {
    const command = { opcode: 0x80, nsid: 2, cdw10: 0, cdw11: 0, cdw12: 0, cdw13: 0, cdw14: 0, cdw15: 0 };
    const identify = (fna: number) => new Uint8Array(4096).fill(fna, 524, 525);
    const userDataErase = { ...command, cdw10: 1 << 9 };
    expect([0, 1, 2, 4].map((fna) => erases(command, null, identify(fna)))).toEqual([2, 0xffff_ffff, 2, 2]);
    expect([0, 1, 2, 4].map((fna) => erases(userDataErase, null, identify(fna)))).toEqual([
      2, 0xffff_ffff, 0xffff_ffff, 2,
    ]);
  });

  /** The defect strikes the second command that writes this LBA, or the first. */
  const planted = (
    fault: { kind: "bit-flip" | "stale-data"; lba: bigint; everyNth?: number },
    body: (bench: Bench) => Promise<unknown>,
  ) => {
    const { kind, lba, everyNth = 1 } = fault;
    const faults: ModelFault[] = [{ kind, where: { slba: String(lba), lbaCount: 1 }, everyNth, times: 1 }];
    return withDrive({ spec: { faults } }, async (bench) => {
      const { ns, folder, drive } = bench;
      await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      await ns.startIoWorker({ ...fill, regionStartLba: 8n, regionLbas: 8n }).result;
      await body(bench);
      expect((await driver.modelFaults(drive))[0]!.acted).toBe(1);
      const { miscompares, violations } = await ns.verify(sweep);
      expect([violations, miscompares[0]?.lba]).toEqual([1n, lba]);
    });
  };

  test("and a scripted write that was damaged is found by its CRC", () =>
    planted({ kind: "bit-flip", lba: 12n, everyNth: 2 }, ({ ns, qpair }) => ns.write(qpair, 8n, data)));
  test("and a copy that was damaged on its way is found, at its destination", () =>
    planted({ kind: "bit-flip", lba: 103n }, ({ ns, qpair }) => ns.copy(qpair, [{ slba: 8n, lbaCount: 8 }], 100n)));
  test("and a copy that left the old data in place is found", () =>
    planted({ kind: "stale-data", lba: 103n, everyNth: 2 }, async ({ ns, qpair }) => {
      await ns.write(qpair, 100n, data);
      await ns.copy(qpair, [{ slba: 8n, lbaCount: 8 }], 100n);
    }));
  test("and an LBA that was deallocated holds neither its old data nor zeroes", () =>
    withDrive({}, async ({ ns, qpair, folder }) => {
      await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      await ns.startIoWorker({ ...fill, regionStartLba: 8n, regionLbas: 8n }).result;
      await ns.deallocate(qpair, [{ slba: 8n, lbaCount: 8 }]);
      await behindTheTable(ns, folder, () => ns.write(qpair, 10n, data.subarray(0, 512)));
      const { miscompares } = await ns.verify(sweep);
      expect(miscompares.map(({ lba }) => lba)).toEqual([10n]);
    }));
});

describe("zones", () => {
  const ZONED = {
    namespaces: [{ capacityBytes: 16n << 20n, lbaBytes: 512 as const, zoned: { zoneBytes: 1n << 20n } }],
  };
  const zoned = (faults: ModelFault[], body: (bench: Bench, zns: ZonedNamespace) => Promise<void>) =>
    withDrive({ spec: { ...ZONED, faults } }, async (bench) => {
      await bench.ns.openVerifyTable(`${bench.folder}/t.verify`, 3n);
      await body(bench, await ZonedNamespace.of(bench.controller, bench.ns));
    });
  const all = { ...sweep, regionLbas: 16_384n };
  const some = (fill: number) => new Uint8Array(4 * 512).fill(fill);

  test("appended data are known where the drive put them, and forgotten with their zone", () =>
    zoned([], async ({ ns, qpair }, zns) => {
      for (let i = 0; i < 3; i++) await zns.append(qpair, 2048n, some(i + 1));
      expect(await ns.verify(all)).toMatchObject({ violations: 0n, checkedLbas: 12n });
      expectStatus(await zns.act(qpair, "reset", 2048n));
      expect(await ns.verify(all)).toMatchObject({ violations: 0n, checkedLbas: 0n });
    }));

  test("an append that was damaged is found", () =>
    zoned([{ kind: "bit-flip", where: { slba: "2054", lbaCount: 1 } }], async ({ ns, qpair }, zns) => {
      for (let i = 0; i < 3; i++) await zns.append(qpair, 2048n, some(i + 1));
      const { miscompares } = await ns.verify(all);
      expect(miscompares.map(({ lba }) => lba)).toEqual([2054n]);
    }));

  test("what was there before a reset, behind an append, is found", () =>
    zoned([], async ({ ns, qpair, folder }, zns) => {
      await zns.append(qpair, 2048n, some(1));
      // Behind the table's back the zone is emptied and gets other data.
      await behindTheTable(ns, folder, async () => {
        expectStatus(await zns.act(qpair, "reset", 2048n));
        await zns.append(qpair, 2048n, some(9));
      });
      const { miscompares } = await ns.verify(all);
      expect(miscompares.map(({ lba }) => lba)).toEqual([2048n, 2049n, 2050n, 2051n]);
    }));

  test("an append that is cut off makes the table say that it does not know", () =>
    zoned([{ kind: "lost-completion", when: { opcode: 0x7d } }], async ({ ns, controller, qpair }, zns) => {
      await ns.startIoWorker({ ...fill, regionLbas: 64n, alignLbas: 1, depth: 1 }).result;
      await controller.setTimeoutMs(100);
      const { completion } = await zns.append(qpair, 2048n, some(1));
      expect(completion).toMatchObject({ sct: 7, local: true });
      expect(await ns.verify(all)).toMatchObject({ violations: 0n, checkedLbas: 0n });
    }));
});
