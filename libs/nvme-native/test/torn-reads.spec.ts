/** Reads that meet a write: the drive gives the old or the new data of each write that its atomic unit (AWUN) holds. */
import { driver, expectStatus, type ModelDriveSpec, type NativeMiscompare } from "../src";
import { type Bench, withDrive, worker } from "./bench-drive";

const UNIT = 8;
const REGION = 64n;

/** How many reads the drive has torn. */
let torn = 0;

/** What a reader finds beside a writer on the same LBAs of a drive that tears every read that it can. */
async function beside(
  spec: Partial<ModelDriveSpec>,
  writes: object,
  reads: object = {},
  prepare: (bench: Bench) => Promise<unknown> = async () => {},
): Promise<NativeMiscompare[]> {
  const found: NativeMiscompare[] = [];
  const latency = { readUs: 0, writeUs: 300, flushUs: 0, jitterPercent: 0 };
  await withDrive({ spec: { latency, faults: [{ kind: "torn-read" }], ...spec } }, async (bench) => {
    const { ns, folder, drive } = bench;
    await ns.openVerifyTable(`${folder}/t.verify`, 1n);
    await prepare(bench);
    const region = { regionLbas: REGION, alignLbas: UNIT, sizeBytes: UNIT * 512, verify: true, onError: "count" };
    const fill = { ...region, randomPercent: 0, readPercent: 0, passes: 1 };
    expect(await ns.startIoWorker(worker(fill)).result).toMatchObject({ end: "done", errors: [] });
    const writer = ns.startIoWorker(worker({ ...region, readPercent: 0, depth: 4, ioCount: 2_000, ...writes }));
    const reader = ns.startIoWorker(
      worker({ ...region, worker: 1, seed: 9n, readPercent: 100, depth: 2, timeMs: 60_000, ...reads }),
    );
    const stop = writer.result.then(() => reader.stop());
    for await (const event of reader) if (event.type === "miscompare") found.push(event.miscompare);
    await stop;
    expect(await writer.result).toMatchObject({ end: "done", errors: [], miscompares: 0n });
    const result = await reader.result;
    expect(result.checkedLbas).toBeGreaterThan(REGION);
    expect(result.unknownLbas).toBe(0n);
    expect(result.miscompares > 0n).toBe(found.length > 0);
    expect(result.errors.map(({ sct, sc, opcode }) => ({ sct, sc, opcode }))).toEqual(
      found.length === 0 ? [] : [{ sct: 7, sc: 0x81, opcode: 2 }],
    );
    torn = (await driver.modelFaults(drive))[0]?.acted ?? 0;
    const all = { rule: "exact" as const, regionStartLba: 0n, regionLbas: REGION, written: true };
    expect(await ns.verify(all)).toMatchObject({ violations: 0n, coveragePercent: 100 });
  });
  return found;
}

/** Each LBA alone is legal there. */
function expectTorn(found: NativeMiscompare[]): void {
  expect(found.length).toBeGreaterThan(0);
  for (const miscompare of found) {
    expect(miscompare).toMatchObject({ kind: "torn-write", expectedLba: miscompare.lba, gotLba: miscompare.lba });
    expect(miscompare.gotToken!).toBeLessThan(miscompare.expectedToken!);
  }
}

test("a read that finds a part of a write within the atomic unit is a torn write", async () => {
  expectTorn(await beside({ awupfLbas: UNIT }, {}));
}, 60_000);

test("so is a longer read that finds a part of it, and one that begins within it", async () => {
  expectTorn(await beside({ awupfLbas: UNIT }, {}, { sizeBytes: 4 * UNIT * 512 }));
  expectTorn(await beside({ awupfLbas: UNIT }, {}, { alignLbas: 1, sizeBytes: 6 * 512 }));
}, 60_000);

test("a drive that keeps its atomic unit makes no miscompare", async () => {
  expect(await beside({ awupfLbas: UNIT, faults: [] }, {})).toEqual([]);
  expect(
    await beside({ awupfLbas: UNIT, faults: [] }, { alignLbas: 1 }, { alignLbas: 3, sizeBytes: 20 * 512 }),
  ).toEqual([]);
}, 60_000);

test("a mix of old and new LBAs of a write beyond the atomic unit is legal", async () => {
  expect(await beside({ awupfLbas: UNIT }, { sizeBytes: 2 * UNIT * 512 }, { sizeBytes: 2 * UNIT * 512 })).toEqual([]);
  expect(torn).toBeGreaterThan(0);
  expect(await beside({}, {})).toEqual([]);
  expect(torn).toBeGreaterThan(0);
}, 60_000);

test("a worker with `exclusive` never meets a write, so that nothing can be torn", async () => {
  expect(await beside({ awupfLbas: UNIT }, { exclusive: true }, { exclusive: true })).toEqual([]);
  expect(torn).toBe(0);
}, 60_000);

const units = { awupfLbas: 1, awunLbas: UNIT };
const disable =
  (more: object = {}) =>
  async ({ controller }: Bench) =>
    expectStatus(await controller.setFeature(0x0a, 1, more));

test("where DN of feature 0Ah is set AWUPF alone holds: a part of a write between the two units is legal", async () => {
  expectTorn(await beside(units, {}));
  expect(await beside(units, {}, {}, disable())).toEqual([]);
  expect(torn).toBeGreaterThan(0);
}, 60_000);

test("a drive that tears only what it may tears nothing within AWUN, and under DN nothing within AWUPF", async () => {
  const faults = [{ kind: "torn-read" as const, aboveUnit: true }];
  expect(await beside({ ...units, faults }, {})).toEqual([]);
  expect(torn).toBe(0);
  expect(await beside({ ...units, faults }, {}, {}, disable())).toEqual([]);
  expect(torn).toBeGreaterThan(0);
  expect(await beside({ awupfLbas: UNIT, faults }, {}, {}, disable())).toEqual([]);
  expect(torn).toBe(0);
}, 60_000);

test("what was set counts, whoever set it: before the table was opened, and no more behind a reset or when it is taken back", async () => {
  const early = async (bench: Bench) => {
    await disable({ save: true })(bench);
    await bench.ns.openVerifyTable(`${bench.folder}/other.verify`, 1n);
    expectStatus(await bench.controller.reset().then(() => bench.controller.getFeature(0x0a)));
  };
  expect(await beside(units, {}, {}, early)).toEqual([]);
  expectTorn(
    await beside(units, {}, {}, async (bench) => {
      await disable()(bench);
      expect(await bench.controller.reset()).toMatchObject({ ok: true });
    }),
  );
  expectTorn(
    await beside(units, {}, {}, async (bench) => {
      await disable()(bench);
      expectStatus(await bench.controller.admin({ opcode: 0x09, cdw10: 0x0a, cdw11: 0 }));
    }),
  );
}, 120_000);
