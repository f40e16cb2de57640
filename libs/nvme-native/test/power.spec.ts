import { driver, type IoWorkerResult, type VerifyResult } from "../src";
import { type Bench, withDrive, worker } from "./bench-drive";
import { DurableRegion } from "./durable-region";

const CUTS = 1_000;

/**
 * Cuts the power under verified mixed I/O of two workers, and looks at every LBA that was written. `beside`: another worker,
 * and what is done between the return of the power and the look.
 */
async function cut(
  times: number,
  spec: object,
  judge: (result: VerifyResult, i: number) => boolean,
  beside?: (bench: Bench) => { options: object; atReturn: (ended: IoWorkerResult) => Promise<void> },
): Promise<{ older: bigint; newest: bigint; cuts: number }> {
  let older = 0n;
  let newest = 0n;
  let cuts = 0;
  await withDrive({ spec }, async (bench) => {
    const { ns, controller, drive, folder } = bench;
    await ns.openVerifyTable(`${folder}/t.verify`, 99n);
    const third = beside?.(bench);
    for (; cuts < times; cuts++) {
      const handles = [0, 1].map((n) =>
        ns.startIoWorker(
          worker({
            worker: n,
            sizeBytes: [
              { bytes: 4096, weight: 3 },
              { bytes: 512, weight: 1 },
              { bytes: 65536, weight: 1 },
            ],
            randomPercent: 80,
            readPercent: 30,
            alignLbas: 1,
            flushEvery: 100,
            verify: true,
            untilPowerLost: true,
            seed: BigInt(cuts * 2 + n),
            sampleMs: 10,
          }),
        ),
      );
      if (third !== undefined) handles.push(ns.startIoWorker({ ...third.options, seed: BigInt(cuts) }));
      // A sample of each has come: all are writing.
      for (const handle of handles) for await (const event of handle) if (event.type === "sample") break;
      await driver.modelPower(drive, "off");
      for (const handle of handles) {
        expect(await handle.result).toMatchObject({ end: "terminated", miscompares: 0n, errors: [] });
      }
      await driver.modelPower(drive, "on");
      expect((await controller.reopen()).ok).toBe(true);
      await third?.atReturn(await handles[2]!.result);
      const result = await ns.verify({
        rule: "durable-or-newer",
        regionStartLba: 0n,
        regionLbas: ns.identity.lbaCount,
        written: true,
      });
      older += result.older;
      newest += result.newest;
      if (!judge(result, cuts)) break;
    }
  });
  return { older, newest, cuts };
}

const clean = (result: VerifyResult) => {
  expect(result.miscompares).toEqual([]);
  expect(result).toMatchObject({ violations: 0n, coveragePercent: 100, readErrors: 0n });
  return true;
};

test(`${CUTS} cuts of a drive with a volatile cache: each lost write that was planted is found, and nothing else, though the cuts did lose data`, async () => {
  let region: DurableRegion | null = null;
  const planted: bigint[] = [];
  const judge = ({ miscompares, violations, coveragePercent }: VerifyResult, i: number) => {
    const lba = region!.planted;
    const found = miscompares.map((miscompare) => [miscompare.lba, miscompare.kind]);
    expect({ i, found }).toEqual({ i, found: lba === null ? [] : [[lba, "lost-write"]] });
    expect({ violations, coveragePercent }).toEqual({ violations: BigInt(found.length), coveragePercent: 100 });
    if (lba !== null) planted.push(lba);
    return true;
  };
  const { older, newest } = await cut(CUTS, { volatileCache: true }, judge, (bench) => {
    region = new DurableRegion(bench);
    return { options: region.options, atReturn: (ended) => region!.plant(ended) };
  });
  expect(older).toBeGreaterThan(0n);
  expect(newest).toBeGreaterThan(0n);
  // All but the first, which has nothing older yet; a worker that was cut off before it wrote anything has nothing to lose.
  expect(planted.length).toBeGreaterThan(0.9 * CUTS);
  expect(new Set(planted).size).toBeGreaterThan(32);
}, 300_000);

test("cuts of a drive without a volatile cache: nothing acknowledged is lost", async () => {
  await cut(20, { volatileCache: false }, clean);
  await cut(
    20,
    { volatileCache: false, latency: { readUs: 100, writeUs: 300, flushUs: 100, jitterPercent: 50 } },
    clean,
  );
}, 30_000);

test("a drive that lies about flush is found within a few cuts", async () => {
  let found: VerifyResult | null = null;
  await cut(20, { faults: [{ kind: "flush-lies" }] }, (result) => {
    found = result;
    return result.violations === 0n;
  });
  expect(found!.violations).toBeGreaterThan(0n);
  // Where nothing was before, zeroes are what is left of a lost write.
  for (const { kind } of found!.miscompares) expect(kind).toMatch(/^(lost-write|unexpected-zeroes)$/);
}, 30_000);

test("every sector that a lying flush lost is found, and no other", () =>
  withDrive(
    { spec: { faults: [{ kind: "flush-lies" }], lossPolicy: "lose-all" } },
    async ({ ns, qpair, controller, drive, folder }) => {
      await ns.openVerifyTable(`${folder}/t.verify`, 7n);
      const everywhere = {
        rule: "durable-or-newer" as const,
        regionStartLba: 0n,
        regionLbas: ns.identity.lbaCount,
        written: true,
      };
      for (let lap = 0; lap < 20; lap++) {
        const regionLbas = BigInt(8 * (1 + ((lap * 7) % 31)));
        const region = { regionStartLba: BigInt(lap * 512), regionLbas };
        await ns.startIoWorker(worker({ ...region, randomPercent: 0, readPercent: 0, passes: 1, verify: true })).result;
        await ns.flush(qpair);
        await driver.modelPower(drive, "off");
        await driver.modelPower(drive, "on");
        await controller.reopen();
        const result = await ns.verify({ ...everywhere, ...region });
        expect(result.violations).toBe(regionLbas);
        for (const { kind } of result.miscompares) expect(kind).toBe("unexpected-zeroes");
      }
    },
  ));

test("a flushed write survives, an unflushed one may not, and the power switch counts", () =>
  withDrive({}, async ({ ns, qpair, controller, drive }) => {
    expect(await driver.modelPowerState(drive)).toEqual({ power: "on", generation: 0 });
    const lost = [];
    for (let i = 1; i <= 8; i++) {
      const kept = new Uint8Array(512).fill(i);
      await ns.write(qpair, 1n, kept);
      await ns.flush(qpair);
      await ns.write(qpair, 2n, kept);
      await ns.write(qpair, 3n, kept, { fua: true });
      expect(await driver.modelPower(drive, "off")).toEqual({ power: "off", generation: i });
      expect(await driver.modelPower(drive, "off")).toEqual({ power: "off", generation: i });
      await expect(controller.readRegister(0x1c, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
      await driver.modelPower(drive, "on");
      await controller.reopen();
      const read = new Uint8Array(3 * 512);
      await ns.read(qpair, 1n, read);
      expect([read[0], read[1024]]).toEqual([i, i]);
      lost.push(read[512] !== i);
    }
    expect(lost).toContain(true);
  }));

test("an orderly close loses nothing and is no unsafe shutdown", () =>
  withDrive({}, async ({ ns, qpair, controller, drive }) => {
    await ns.write(qpair, 2n, new Uint8Array(512).fill(7));
    await controller.close();
    await driver.modelPower(drive, "off");
    await expect(driver.open({ transport: "model", path: drive })).rejects.toMatchObject({ code: "ERR_POWER_OFF" });
    await driver.modelPower(drive, "on");
    const again = await driver.open({ transport: "model", path: drive });
    const read = new Uint8Array(512);
    await (await again.namespace(1)).read(await again.createQpair({ depth: 4 }), 2n, read);
    expect(read[0]).toBe(7);
    const { data } = await again.getLogPage(2, 512);
    expect(data[144]).toBe(0);
    expect(data[112]).toBe(2);
    await again.close();
  }));

test("the same seed loses the same sectors", async () => {
  const survivors = async () => {
    let kept: boolean[] = [];
    await withDrive({ spec: { seed: 77n } }, async ({ ns, qpair, controller, drive }) => {
      for (let lba = 0; lba < 256; lba++) await ns.write(qpair, BigInt(lba), new Uint8Array(512).fill(1));
      await driver.modelPower(drive, "off");
      await driver.modelPower(drive, "on");
      await controller.reopen();
      const read = new Uint8Array(256 * 512);
      await ns.read(qpair, 0n, read);
      kept = Array.from({ length: 256 }, (_, lba) => read[lba * 512] === 1);
    });
    return kept;
  };
  const first = await survivors();
  expect(await survivors()).toEqual(first);
  expect(new Set(first).size).toBe(2);
});
