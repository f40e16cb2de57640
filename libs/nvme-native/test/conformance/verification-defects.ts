/** Planted defects of the medium: each is found, named, and told with its last writes (B106). */
import type { ModelFault, NativeMiscompare } from "../../src";
import { driver } from "../../src";
import { behaviour, type ConformanceBench } from "./behaviour";
import { all, fill, LBAS, load, MODEL, SEED } from "./verification-load";

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
