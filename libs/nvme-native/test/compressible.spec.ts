/** Sectors that prove themselves although most of each is zeroes. */
import { driver, type ModelFault } from "../src";
import { withDrive, worker } from "./bench-drive";

const SEED = 3n;
const LBAS = 1024n;
const all = { rule: "exact" as const, regionStartLba: 0n, regionLbas: LBAS, written: true };
const fill = worker({ randomPercent: 0, readPercent: 0, passes: 1, regionLbas: LBAS, verify: true });

test.each([0, 25, 60, 100])(
  "of %i percent each sector has that share of zeroes, and everything else holds",
  (percent) =>
    withDrive({}, async ({ ns, qpair, folder }) => {
      await ns.openVerifyTable(`${folder}/t.verify`, SEED, { compressPercent: percent });
      await ns.startIoWorker(fill).result;
      const data = new Uint8Array(64 * 512);
      await ns.read(qpair, 0n, data);
      // Its first and last 16 bytes are never zeroes.
      const zeroes = Math.min(percent / 100, 1 - 32 / 512);
      for (let i = 0; i < 64; i++) {
        const share = data.subarray(512 * i, 512 * (i + 1)).filter((byte) => byte === 0).length / 512;
        expect(Math.abs(share - zeroes)).toBeLessThan(0.06);
      }
      const operations = { read: 40, write: 40, compare: 15, flush: 5 };
      const mix = { ...fill, randomPercent: 60, readPercent: undefined, passes: null, ioCount: 4000, operations };
      expect(await ns.startIoWorker(mix).result).toMatchObject({ end: "done", miscompares: 0n, errors: [] });
      await ns.copy(qpair, [{ slba: 8n, lbaCount: 8 }], 512n);
      expect(await ns.verify(all)).toMatchObject({ violations: 0n });
    }),
);

test("defects of the medium are found and named as ever", () => {
  const kinds = ["bit-flip", "stale-data", "torn-write", "zeroed-data", "swapped-lbas"] as const;
  const once = (kind: ModelFault["kind"], i: number) =>
    ({ kind, when: { afterWrites: 128 }, where: { slba: String(100 * i + 77), lbaCount: 1 } }) as ModelFault;
  return withDrive({ spec: { faults: kinds.map(once) } }, async ({ ns, folder, drive }) => {
    await ns.openVerifyTable(`${folder}/t.verify`, SEED, { compressPercent: 75 });
    for (let lap = 0; lap < 2; lap++) await ns.startIoWorker({ ...fill, seed: BigInt(lap) }).result;
    expect((await driver.modelFaults(drive)).map(({ acted }) => acted)).toEqual(kinds.map(() => 1));
    const { miscompares } = await ns.verify(all);
    expect(miscompares.map(({ lba, kind }) => [lba, kind])).toEqual([
      [77n, "bit-error"],
      [177n, "stale-version"],
      [277n, "torn-write"],
      [377n, "unexpected-zeroes"],
      [477n, "wrong-lba"],
      [478n, "wrong-lba"],
    ]);
  });
});

test("another share begins the table anew, the same one goes on", () =>
  withDrive({}, async ({ ns, folder }) => {
    const known = async (compressPercent: number) => {
      await ns.openVerifyTable(`${folder}/t.verify`, SEED, { compressPercent });
      return (await ns.verify(all)).checkedLbas;
    };
    await known(50);
    await ns.startIoWorker(fill).result;
    expect([await known(50), await known(51), await known(50)]).toEqual([LBAS, 0n, 0n]);
    await expect(ns.openVerifyTable(`${folder}/t.verify`, SEED, { compressPercent: 101 })).rejects.toMatchObject({
      message: "compressPercent is 101, it must be an integer from 0 to 100",
    });
  }));
