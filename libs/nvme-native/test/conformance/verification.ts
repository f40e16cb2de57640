/** Data verification (B101 to B107); planted defects and power losses have files of their own. */
import { expectStatus, findLbaFormat } from "../../src";
import { holdsOnce } from "../bench-drive";
import { type Behaviour, behaviour, type ConformanceBench } from "./behaviour";
import { all, fill, LBAS, load, SEED, sectors, table } from "./verification-load";
import "./verification-defects";
import "./verification-power";

behaviour(
  "B101",
  "foreign data behind the table's back make a checked read 07/81 with the data delivered; unchecked there is no error",
  {},
  async (bench) => {
    const { ns, qpair, controller } = bench;
    await table(bench);
    expect((await ns.startIoWorker(fill({ regionLbas: 64n })).result).end).toBe("done");
    // Nothing follows what is written through an object that stands apart.
    const untracked = await controller.namespace(1, { apart: true });
    const foreign = sectors(bench, 1).fill(0xa5);
    expect(await untracked.write(qpair, 9n, foreign)).toMatchObject({ sct: 0, sc: 0 });
    const data = sectors(bench, 2);
    expect(await ns.read(qpair, 8n, data)).toMatchObject({ sct: 0, sc: 0 });
    ns.verifyReads(true);
    data.fill(0);
    expect(await ns.read(qpair, 8n, data)).toMatchObject({ sct: 7, sc: 0x81, local: false });
    expect(data.subarray(data.length / 2)).toEqual(foreign);
    const [found, ...more] = ns.takeMiscompares();
    expect(more).toEqual([]);
    expect(found).toMatchObject({ lba: 9n, kind: "unexpected-data" });
    expect(found!.lastWrites![0]).toMatchObject({ opcode: 1, worker: 0, end: "acknowledged" });
    ns.verifyReads(false);
    expect(await ns.read(qpair, 8n, data)).toMatchObject({ sct: 0, sc: 0 });
  },
);

behaviour("B101", "raw writes are followed: reading them back is no miscompare", {}, async (bench) => {
  const { ns, qpair } = bench;
  await table(bench);
  ns.verifyReads(true);
  const data = sectors(bench, 2).fill(0x3c);
  expect(await ns.io(qpair, { opcode: 1, cdw10: 40, cdw12: 1 }, data, "to-device")).toMatchObject({ sc: 0 });
  expect(await ns.read(qpair, 40n, sectors(bench, 2))).toMatchObject({ sct: 0, sc: 0 });
  expect(await ns.verify(all)).toMatchObject({ violations: 0n, checkedLbas: 2n });
});

behaviour(
  "B102",
  "zeroed, deallocated and formatted LBAs never miscompare",
  { needs: ["write-zeroes", "deallocate"] },
  async (bench) => {
    const { ns, qpair } = bench;
    await table(bench);
    ns.verifyReads(true);
    await ns.startIoWorker(fill({ regionLbas: 64n })).result;
    expect(await ns.writeZeroes(qpair, 0n, 8)).toMatchObject({ sc: 0 });
    expect(await ns.deallocate(qpair, [{ slba: 16n, lbaCount: 8 }])).toMatchObject({ sc: 0 });
    expect(await ns.read(qpair, 0n, sectors(bench, 32))).toMatchObject({ sct: 0, sc: 0 });
    // Nobody has written these yet.
    expect(await ns.read(qpair, 64n, sectors(bench, 32))).toMatchObject({ sct: 0, sc: 0 });
    expect(await ns.verify(all)).toMatchObject({ violations: 0n });
  },
);

const ERASURES: [string, Behaviour["needs"], (bench: ConformanceBench) => Promise<unknown>][] = [
  [
    "formatted",
    ["format"],
    async ({ controller, ns }) => {
      const { lbaBytes, metadataBytes } = ns.identity;
      expectStatus(await controller.format(1, { lbaFormat: findLbaFormat(ns.identity, lbaBytes, metadataBytes)! }));
    },
  ],
  [
    "sanitized",
    ["sanitize-block-erase"],
    async ({ controller }) => {
      expectStatus(await controller.commands.sanitize("blockErase"));
      const running = async () => ((await controller.getLogPage(0x81, 512)).data[2]! & 7) === 2;
      while (await running()) await new Promise(setImmediate);
    },
  ],
];
for (const [erased, needs, erase] of ERASURES)
  behaviour(
    "B102",
    `a ${erased} namespace never miscompares, and what is written to it is checked`,
    { needs },
    async (bench) => {
      const { ns, qpair } = bench;
      await table(bench);
      await ns.startIoWorker(fill()).result;
      await erase(bench);
      ns.verifyReads(true);
      expect(await ns.read(qpair, 0n, sectors(bench, 64))).toMatchObject({ sct: 0, sc: 0 });
      expect(await ns.startIoWorker(load({ readPercent: 100 })).result).toMatchObject({ end: "done", miscompares: 0n });
      await ns.startIoWorker(fill({ regionLbas: 64n })).result;
      expect(await ns.verify(all)).toMatchObject({ violations: 0n, checkedLbas: 64n });
    },
  );

for (const lbas of [10n, 100n, 1n << 60n]) {
  behaviour(
    "B103",
    `a table of the first ${lbas < LBAS ? lbas : "ever so many"} LBAs checks only these`,
    {},
    async (bench) => {
      const { ns, qpair, controller } = bench;
      await ns.openVerifyTable(`${bench.folder}/t.verify`, SEED, { lbas });
      ns.verifyReads(true);
      const untracked = await controller.namespace(1, { apart: true });
      for (const lba of [0n, 9n, 10n, 11n, 500n]) {
        expect(await ns.write(qpair, lba, sectors(bench, 2).fill(1))).toMatchObject({ sct: 0, sc: 0 });
        expect(await ns.read(qpair, lba, sectors(bench, 2))).toMatchObject({ sct: 0, sc: 0 });
        await untracked.write(qpair, lba, sectors(bench, 1).fill(2));
        const { sct } = await ns.read(qpair, lba, sectors(bench, 1));
        expect([lba, sct]).toEqual([lba, lba < lbas ? 7 : 0]);
        expect(await ns.write(qpair, lba, sectors(bench, 1).fill(1))).toMatchObject({ sc: 0 });
      }
    },
  );
}

for (const exclusive of [false, true]) {
  const how = exclusive ? "kept apart by `exclusive`" : "as they meet";
  behaviour("B105", `a writer and a reader on the same 8 LBAs, ${how}: no false miscompare`, {}, async (bench) => {
    await table(bench);
    const same = { regionLbas: 8n, sizeBytes: 8 * bench.ns.identity.lbaBytes, exclusive, depth: 4, ioCount: 3_000 };
    await bench.ns.startIoWorker(fill({ ...same, ioCount: null })).result;
    const workers = [0, 100].map((readPercent, worker) =>
      bench.ns.startIoWorker(load({ ...same, readPercent, worker, seed: BigInt(worker) })),
    );
    for (const result of await Promise.all(workers.map((worker) => worker.result))) {
      expect(result).toMatchObject({ end: "done", miscompares: 0n, errors: [] });
    }
  });
}

/** Verified or unverified reads a millisecond, of LBAs that were written. */
async function readRate(bench: ConformanceBench, verify: boolean): Promise<number> {
  const result = await bench.ns.startIoWorker(load({ readPercent: 100, verify, timeMs: 300, ioCount: null })).result;
  expect(result).toMatchObject({ end: "done", miscompares: 0n, errors: [] });
  expect(result.checkedLbas > 0n).toBe(verify);
  return Number(result.reads) / result.durationMs;
}

behaviour(
  "B107",
  "verified and unverified reads are both counted, and both find nothing on a good drive",
  {},
  async (bench) => {
    await table(bench);
    await bench.ns.startIoWorker(fill()).result;
    const [free, checked] = [await readRate(bench, false), await readRate(bench, true)];
    process.stdout.write(`on ${bench.host}: ${free.toFixed(0)} reads a ms, ${checked.toFixed(0)} verified\n`);
    expect(Math.min(free, checked)).toBeGreaterThan(0);
  },
);

behaviour(
  "B107",
  "verified reads are slower than unverified ones",
  // Elsewhere both may wait for the target alone.
  { on: ["model"] },
  async (bench) => {
    await table(bench);
    await bench.ns.startIoWorker(fill()).result;
    await holdsOnce(5, async () => {
      expect(await readRate(bench, true)).toBeLessThan(await readRate(bench, false));
    });
  },
);
