import { readFileSync, writeFileSync } from "node:fs";
import { driver, type NativeMiscompare } from "../src";
import { withDrive, worker } from "./bench-drive";

const sweep = { rule: "exact" as const, regionStartLba: 0n, regionLbas: 512n, written: true };
const fill = worker({ sizeBytes: 4096, randomPercent: 0, readPercent: 0, regionLbas: 256n, passes: 1, verify: true });

test("an LBA that became unreadable is uncorrectable, and the others are still checked", () =>
  withDrive(
    { spec: { faults: [{ kind: "bad-status", opcode: 2, slba: "33", lbaCount: 1, sct: 2, sc: 0x81, times: 1000 }] } },
    async ({ ns, folder }) => {
      await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      await ns.startIoWorker(fill).result;
      const result = await ns.verify(sweep);
      expect(result).toMatchObject({ violations: 1n, checkedLbas: 256n, readErrors: 1n });
      expect(result.miscompares[0]).toMatchObject({ lba: 33n, kind: "uncorrectable" });
    },
  ));

const soak = worker({ readPercent: 50, ioCount: 20_000, regionLbas: 2048n, verify: true, depth: 32 });

test("a drive that corrupts silently is caught by the worker itself, with LBA, expected and got", () =>
  withDrive(
    { spec: { faults: [{ kind: "silent-corruption", afterWrites: 500, everyNth: 400 }] } },
    async ({ ns, folder }) => {
      await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      const handle = ns.startIoWorker(soak);
      const seen: NativeMiscompare[] = [];
      for await (const event of handle) if (event.type === "miscompare") seen.push(event.miscompare);
      const result = await handle.result;
      expect(result.end).toBe("error");
      expect(result.errors[0]).toMatchObject({ opcode: 2, sct: 7, sc: 0x81 });
      expect(result.miscompares).toBeGreaterThan(0n);
      expect(seen[0]).toMatchObject({ nsid: 1, kind: "bit-error" });
      expect(seen[0]!.expected).not.toBe(seen[0]!.got);
      expect(seen[0]!.lastWrites![0]).toMatchObject({ opcode: 1, worker: 0, end: "acknowledged" });
    },
  ));

test("a compare of what is known to be there is an error where it fails", () => {
  const faults = [{ kind: "bit-flip", where: { slba: "77", lbaCount: 1 }, times: 1 } as const];
  return withDrive({ spec: { faults } }, async ({ ns, folder }) => {
    await ns.openVerifyTable(`${folder}/t.verify`, 3n);
    await ns.startIoWorker(fill).result;
    const compare = { ...fill, readPercent: undefined, operations: { compare: 100 }, onError: "count" as const };
    const { errors } = await ns.startIoWorker({ ...compare, regionLbas: 300n }).result;
    // Beyond what was filled nobody knows what is there.
    expect(errors).toMatchObject([
      { opcode: 5, sct: 2, sc: 0x85, count: 1, action: "count" },
      { opcode: 5, sct: 2, sc: 0x85, action: "ignore" },
    ]);
  });
});

test(
  "several workers on the same LBAs, reading, writing and flushing, find nothing on a good drive",
  () =>
    withDrive({}, async ({ ns, folder }) => {
      await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      const handles = [0, 1, 2, 3].map((n) =>
        ns.startIoWorker({
          ...soak,
          worker: n,
          seed: BigInt(n),
          regionLbas: 64n,
          alignLbas: 1,
          depth: 16,
          flushEvery: n === 0 ? 50 : null,
        }),
      );
      for (const handle of handles) {
        const result = await handle.result;
        expect(result).toMatchObject({ end: "done", miscompares: 0n, errors: [] });
        expect(result.checkedLbas).toBeGreaterThan(0n);
      }
      expect(await ns.verify(sweep)).toMatchObject({ violations: 0n, coveragePercent: 100 });
    }),
  60_000,
);

test("the table survives close and reopen, refuses what is none, and starts afresh for another geometry", () =>
  withDrive({}, async ({ ns, controller, folder }) => {
    const path = `${folder}/t.verify`;
    const foreign = `${folder}/notes.txt`;
    writeFileSync(foreign, "not a table".repeat(20));
    await ns.openVerifyTable(path, 3n);
    await ns.startIoWorker(fill).result;
    await expect(ns.openVerifyTable(foreign, 3n)).rejects.toMatchObject({ code: "ERR_FILE" });
    await controller.format(1, { lbaFormat: 1 });
    const fresh = await controller.namespace(1);
    await fresh.openVerifyTable(path, 3n);
    expect((await fresh.startIoWorker({ ...fill, regionLbas: 64n }).result).end).toBe("done");
    expect(await fresh.verify({ ...sweep, regionLbas: 64n })).toMatchObject({ violations: 0n, checkedLbas: 64n });
  }));

test("a power cut that nobody told the table about is noticed by the drive's own counter", () =>
  withDrive({}, async ({ ns, controller, folder, drive }) => {
    await ns.openVerifyTable(`${folder}/t.verify`, 3n);
    // Durable once, then written again without a flush.
    await ns.startIoWorker({ ...fill, flushEvery: 32 }).result;
    const qpair = await controller.createQpair({ depth: 4 });
    await ns.flush(qpair);
    await ns.startIoWorker(fill).result;
    await driver.modelPower(drive, "off");
    await driver.modelPower(drive, "on");
    await controller.close();
    const again = await driver.open({ transport: "model", path: drive });
    const namespace = await again.namespace(1);
    await namespace.openVerifyTable(`${folder}/t.verify`, 3n);
    const result = await namespace.verify({ ...sweep, rule: "durable-or-newer" });
    await again.close();
    expect(result).toMatchObject({ violations: 0n, coveragePercent: 100 });
    expect(result.newest + result.older).toBe(256n);
  }));

test("after an unclean stop of the machine the table knows what was synced and not written since", () =>
  withDrive({}, async ({ ns, controller, drive, folder }) => {
    const path = `${folder}/t.verify`;
    await ns.openVerifyTable(path, 3n);
    const high = { ...fill, regionStartLba: 4096n };
    for (const half of [fill, high]) await ns.startIoWorker(half).result;
    await ns.syncVerifyTable();
    await ns.startIoWorker({ ...high, regionLbas: 64n }).result;
    // As the table is found after another boot, when it was not closed before. A copy: this process still has the other.
    const bytes = readFileSync(path);
    await controller.close();
    const left = `${folder}/left-behind.verify`;
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    const at = bytes.indexOf(bootId);
    expect(at).toBeGreaterThan(0);
    bytes.write("f".repeat(bootId.length), at);
    writeFileSync(left, bytes);
    const again = await driver.open({ transport: "model", path: drive });
    try {
      const namespace = await again.namespace(1);
      await namespace.openVerifyTable(left, 3n);
      const low = { ...sweep, regionLbas: 2048n };
      expect(await namespace.verify(low)).toMatchObject({ violations: 0n, checkedLbas: 256n, coveragePercent: 100 });
      const changed = { ...low, regionStartLba: 4096n };
      const none = { violations: 0n, unknownLbas: 1024n, coveragePercent: 0 };
      expect(await namespace.verify(changed)).toMatchObject(none);
      await namespace.startIoWorker(high).result;
      expect(await namespace.verify(changed)).toMatchObject({ checkedLbas: 256n, coveragePercent: 25 });
    } finally {
      await again.close();
    }
  }));

test("a sweep of which nothing was known claims no coverage, whatever it read; what is known since is covered", () =>
  withDrive({}, async ({ ns, folder }) => {
    await ns.openVerifyTable(`${folder}/t.verify`, 3n);
    const nothing = { violations: 0n, checkedLbas: 0n, coveragePercent: null };
    expect(await ns.verify(sweep)).toMatchObject(nothing);
    expect(await ns.verify({ ...sweep, regionLbas: 64n, written: false })).toMatchObject({
      ...nothing,
      unknownLbas: 64n,
    });
    await ns.startIoWorker(fill).result;
    expect(await ns.verify(sweep)).toMatchObject({ checkedLbas: 256n, coveragePercent: 100 });
  }));

test("a table that was open when its process died is still believed on the same boot", () =>
  withDrive({}, async ({ ns, folder }) => {
    const path = `${folder}/t.verify`;
    await ns.openVerifyTable(path, 3n);
    await ns.startIoWorker(fill).result;
    const bytes = readFileSync(path);
    const copy = `${folder}/left-behind.verify`;
    writeFileSync(copy, bytes);
    await ns.openVerifyTable(copy, 3n);
    expect(await ns.verify(sweep)).toMatchObject({ violations: 0n, checkedLbas: 256n, coveragePercent: 100 });
  }));

test(
  "a million clean commands make no miscompare",
  () =>
    withDrive({ open: { cmdlogDir: null } }, async ({ ns, folder }) => {
      await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      const result = await ns.startIoWorker(worker({ sizeBytes: 512, ioCount: 1_000_000, depth: 64, verify: true }))
        .result;
      expect(result).toMatchObject({ end: "done", miscompares: 0n, errors: [], protocolErrors: 0 });
      expect(result.reads + result.writes).toBe(1_000_000n);
      expect(result.checkedLbas).toBeGreaterThan(100_000n);
    }),
  300_000,
);
