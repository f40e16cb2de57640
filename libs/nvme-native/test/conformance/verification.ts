/** Data verification (B101 to B109). */
import type { IoWorkerOptions, ModelFault, NativeMiscompare, VerifyResult } from "../../src";
import { driver } from "../../src";
import { behaviour, type ConformanceBench } from "./behaviour";

const SEED = 11n;
const MODEL = { on: ["model"] as const };
const LBAS = 1024n;

const load = (more: Partial<IoWorkerOptions> = {}): IoWorkerOptions => ({
  nsid: 1,
  worker: 0,
  sizeBytes: 4096,
  randomPercent: 100,
  readPercent: 50,
  depth: 16,
  regionStartLba: 0n,
  regionLbas: LBAS,
  ioCount: 4_000,
  verify: true,
  seed: 5n,
  ...more,
});
const fill = (more: Partial<IoWorkerOptions> = {}): IoWorkerOptions =>
  load({ randomPercent: 0, readPercent: 0, ioCount: null, passes: 1, ...more });
const all = { rule: "exact" as const, regionStartLba: 0n, regionLbas: LBAS, written: true };
const sectors = (bench: ConformanceBench, count: number) => new Uint8Array(count * bench.ns.identity.lbaBytes);
const table = (bench: ConformanceBench) => bench.ns.openVerifyTable(`${bench.folder}/t.verify`, SEED);

behaviour(
  "B101",
  "foreign data behind the table's back make a checked read 07/81 with the data delivered; unchecked there is no error",
  {},
  async (bench) => {
    const { ns, qpair, controller } = bench;
    await table(bench);
    expect((await ns.startIoWorker(fill({ regionLbas: 64n })).result).end).toBe("done");
    // A second view of the same namespace has no table: nothing follows what it writes.
    const untracked = await controller.namespace(1);
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
    expect(await ns.verify(all)).toMatchObject({ violations: 0n });
  },
);

behaviour(
  "B102",
  "a sanitized or formatted namespace never miscompares",
  { needs: ["format"], ...MODEL },
  async (bench) => {
    const { ns, qpair, controller } = bench;
    await table(bench);
    await ns.startIoWorker(fill()).result;
    expect(await controller.format(1, { lbaFormat: 0 })).toMatchObject({ sct: 0, sc: 0 });
    ns.verifyReads(true);
    expect(await ns.read(qpair, 0n, sectors(bench, 64))).toMatchObject({ sct: 0, sc: 0 });
    expect((await ns.startIoWorker(load({ readPercent: 100 })).result).miscompares).toBe(0n);
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
      const untracked = await controller.namespace(1);
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

/** Plants one defect of data, writes and reads with a worker, and gives what was found and how often it was planted. */
async function planted(
  bench: ConformanceBench,
  fault: ModelFault,
): Promise<{ found: NativeMiscompare[]; acted: number }> {
  const second = await bench.open({ serial: "FAULTY01", faults: [fault] });
  await second.ns.openVerifyTable(`${bench.folder}/faulty.verify`, SEED);
  // Twice, so that there is an older version everywhere.
  for (let lap = 0; lap < 2; lap++) {
    expect((await second.ns.startIoWorker(fill({ seed: BigInt(lap) })).result).end).toBe("done");
  }
  const result = await second.ns.verify(all);
  expect(result.violations).toBe(BigInt(result.miscompares.length));
  const [count] = await driver.modelFaults(second.drive!);
  return { found: result.miscompares, acted: count!.acted };
}

/** Once, at an LBA of the second lap. */
const LAP = 1024 / 8;
const once = { when: { afterWrites: LAP }, where: { slba: "77", lbaCount: 1 } };
const CASES: [string, ModelFault, string, (m: NativeMiscompare) => void][] = [
  [
    "a flipped bit is a bit error at its byte",
    { kind: "bit-flip", ...once },
    "bit-error",
    (m) => {
      expect(m.byteOffset).toEqual(expect.any(Number));
      expect(m.expected).not.toBe(m.got);
    },
  ],
  [
    "a write that did not reach the medium leaves a stale version",
    { kind: "stale-data", ...once },
    "stale-version",
    (m) => expect(m.gotToken!).toBeLessThan(m.expectedToken!),
  ],
  ["half a sector of the old version is a torn write", { kind: "torn-write", ...once }, "torn-write", () => {}],
  ["zeroes in place of data are unexpected zeroes", { kind: "zeroed-data", ...once }, "unexpected-zeroes", () => {}],
];
for (const [sentence, fault, kind, look] of CASES) {
  behaviour("B106", sentence, MODEL, async (bench) => {
    const { found, acted } = await planted(bench, fault);
    expect(acted).toBe(1);
    expect(found.map((m) => [m.lba, m.kind])).toEqual([[77n, kind]]);
    look(found[0]!);
    const [newest, older] = found[0]!.lastWrites!;
    expect(newest).toMatchObject({ opcode: 1, lbaCount: 8, end: "acknowledged", slba: 72n });
    expect(older!.token!).toBeLessThan(newest!.token!);
  });
}

behaviour(
  "B106",
  "two LBAs that were exchanged are both found, each with the LBA that its data belong to",
  MODEL,
  async (bench) => {
    const { found } = await planted(bench, { kind: "swapped-lbas", ...once });
    expect(found.map((m) => [m.lba, m.kind, m.gotLba])).toEqual([
      [77n, "wrong-lba", 78n],
      [78n, "wrong-lba", 77n],
    ]);
  },
);

behaviour("B106", "many defects of all kinds: every damaged LBA is found, no other", MODEL, async (bench) => {
  const kinds = ["bit-flip", "stale-data", "torn-write", "zeroed-data"] as const;
  // Each kind in a quarter of its own, so that none hides another.
  const faults = kinds.map(
    (kind, i): ModelFault => ({
      kind,
      when: { afterWrites: LAP },
      where: { slba: String(i * 256), lbaCount: 256 },
      probability: 0.05,
      seed: 3,
    }),
  );
  const second = await bench.open({ serial: "FAULTY02", faults });
  await second.ns.openVerifyTable(`${bench.folder}/faulty.verify`, SEED);
  for (let lap = 0; lap < 2; lap++) await second.ns.startIoWorker(fill({ seed: BigInt(lap) })).result;
  const result = await second.ns.verify(all);
  const counts = await driver.modelFaults(second.drive!);
  const expected = {
    "bit-flip": "bit-error",
    "stale-data": "stale-version",
    "torn-write": "torn-write",
    "zeroed-data": "unexpected-zeroes",
  };
  expect(result.violations).toBe(BigInt(counts.reduce((sum, fault) => sum + fault.acted, 0)));
  for (const [i, kind] of kinds.entries()) {
    expect(counts[i]!.acted).toBeGreaterThan(0);
    for (const m of result.miscompares.filter(({ lba }) => lba / 256n === BigInt(i)))
      expect(m.kind).toBe(expected[kind]);
  }
});

behaviour("B106", "without a table everything but staleness is found, and the report says so", MODEL, async (bench) => {
  const faults = (["bit-flip", "torn-write", "zeroed-data", "stale-data", "swapped-lbas"] as const).map(
    (kind, i): ModelFault => ({
      kind,
      when: { afterWrites: LAP },
      where: { slba: String(100 * (i + 1)), lbaCount: 1 },
    }),
  );
  const second = await bench.open({ serial: "FAULTY03", faults });
  await second.ns.openVerifyTable(null, SEED);
  for (let lap = 0; lap < 2; lap++) {
    expect(await second.ns.startIoWorker(fill({ seed: BigInt(lap) })).result).toMatchObject({
      stalenessChecked: false,
    });
  }
  const result = await second.ns.verify(all);
  expect(result).toMatchObject({ stalenessChecked: false, coveragePercent: 100, checkedLbas: LBAS });
  expect(result.miscompares.map((m) => [m.lba, m.kind])).toEqual([
    [100n, "bit-error"],
    [200n, "torn-write"],
    [300n, "unexpected-zeroes"],
    [500n, "wrong-lba"],
    [501n, "wrong-lba"],
  ]);
  const reads = await second.ns.startIoWorker(load({ readPercent: 100, onError: "count" })).result;
  expect(reads.miscompares).toBeGreaterThan(0n);
});

behaviour(
  "B107",
  "verified and unverified reads are both counted, and both find nothing on a good drive",
  {},
  async (bench) => {
    await table(bench);
    await bench.ns.startIoWorker(fill()).result;
    const rate = async (verify: boolean) => {
      const result = await bench.ns.startIoWorker(load({ readPercent: 100, verify, timeMs: 300, ioCount: null }))
        .result;
      expect(result).toMatchObject({ end: "done", miscompares: 0n, errors: [] });
      expect(result.checkedLbas > 0n).toBe(verify);
      return Number(result.reads) / result.durationMs;
    };
    expect(await rate(false)).toBeGreaterThan(0);
    expect(await rate(true)).toBeGreaterThan(0);
  },
);

/** Cuts the power under two verifying workers, brings the drive up again and looks at every LBA that was written. */
async function cutAndLook({ ns, controller, drive }: ConformanceBench, lap: number): Promise<VerifyResult> {
  const workers = [0, 1].map((worker) =>
    ns.startIoWorker(
      load({
        worker,
        ioCount: null,
        untilPowerLost: true,
        readPercent: 30,
        flushEvery: 50,
        alignLbas: 1,
        sampleMs: 10,
        seed: BigInt(2 * lap + worker),
      }),
    ),
  );
  for (const worker of workers) for await (const event of worker) if (event.type === "sample") break;
  await driver.modelPower(drive!, "off");
  for (const worker of workers) expect(await worker.result).toMatchObject({ end: "terminated", miscompares: 0n });
  await driver.modelPower(drive!, "on");
  expect((await controller.reopen()).ok).toBe(true);
  return ns.verify({ ...all, rule: "durable-or-newer" });
}

behaviour(
  "B109",
  "after a power cut each LBA holds a version between its last durable and its newest one",
  { needs: ["power-switch", "volatile-cache"] },
  async (bench) => {
    await table(bench);
    for (let lap = 0; lap < 20; lap++) {
      const result = await cutAndLook(bench, lap);
      expect(result.miscompares).toEqual([]);
      expect(result).toMatchObject({ violations: 0n, coveragePercent: 100 });
    }
  },
);

behaviour("B109", "a durable sector that a cut took away all the same is a lost write", MODEL, async (bench) => {
  const second = await bench.open({ serial: "LIAR0001", faults: [{ kind: "flush-lies" }] });
  const liar = { ...bench, ...second };
  await liar.ns.openVerifyTable(`${bench.folder}/liar.verify`, SEED);
  let found: VerifyResult | null = null;
  for (let lap = 0; lap < 20 && (found?.violations ?? 0n) === 0n; lap++) found = await cutAndLook(liar, lap);
  expect(found!.violations).toBeGreaterThan(0n);
});
