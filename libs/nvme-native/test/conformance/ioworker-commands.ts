/** Which commands a worker sends (B116): shares of opcodes, foreign opcodes, sequences, patterns, uncorrectable LBAs. */
import type { IoWorkerOptions, IoWorkerResult } from "../../src";
import { worker } from "../bench-drive";
import { behaviour, type ConformanceBench, mapsDataFirst } from "./behaviour";

const mix = (operations: unknown, more: object = {}) =>
  worker({ ioCount: 4000, readPercent: undefined, operations, ...more }) as IoWorkerOptions;
const replay = (sequence: object[], more: object = {}) =>
  worker({
    sizeBytes: undefined,
    randomPercent: undefined,
    readPercent: undefined,
    sequence,
    ...more,
  }) as IoWorkerOptions;
const counts = ({ operations }: IoWorkerResult) => new Map(operations.map(({ opcode, count }) => [opcode, count]));
const run = ({ ns }: ConformanceBench, options: IoWorkerOptions) => ns.startIoWorker(options).result;

behaviour(
  "B116",
  "shares of opcodes are met, and counted for each opcode",
  { needs: ["deallocate"] },
  async (bench) => {
    const half = await run(bench, mix({ 2: 50, 1: 50 }));
    expect(Math.abs(Number(half.reads - half.writes))).toBeLessThan(400);
    const three = await run(bench, mix({ read: 40, deallocate: 30, write: 30 }));
    const count = counts(three);
    expect([three.reads, three.writes].map(Number)).toEqual([count.get(2), count.get(1)]);
    expect(count.get(2)! + count.get(1)! + count.get(9)!).toBe(4000);
    for (const [opcode, share] of [
      [2, 1600],
      [9, 1200],
      [1, 1200],
    ] as const)
      expect(Math.abs(count.get(opcode)! - share)).toBeLessThan(200);
    const flushing = counts(await run(bench, mix({ write: 90, flush: 10 })));
    expect(flushing.get(1)! / flushing.get(0)!).toBeGreaterThanOrEqual(2);
  },
);

behaviour(
  "B116",
  "each opcode has its own histogram, as many entries as commands",
  { needs: ["write-zeroes"] },
  async (bench) => {
    const result = await run(bench, mix({ read: 30, write: 30, writeZeroes: 30, flush: 10 }));
    const total = (histogram: [number, number][]) => histogram.reduce((sum, [, count]) => sum + count, 0);
    for (const { count, histogram, serviceHistogram, latencyMaxNs, latencyAverageNs, errors } of result.operations) {
      expect([total(histogram), total(serviceHistogram), errors]).toEqual([count, count, 0]);
      expect(latencyMaxNs).toBeGreaterThanOrEqual(latencyAverageNs);
    }
    expect(total(result.histograms.other)).toBe(counts(result).get(0)! + counts(result).get(8)!);
  },
);

/** Percent of commands that a drive may not have, each with its bit in ONCS. */
const OPTIONAL = [
  ["writeZeroes", 10, 3],
  ["deallocate", 10, 2],
  ["compare", 10, 0],
  ["verify", 5, 7],
  ["writeUncorrectable", 5, 1],
] as const;

behaviour(
  "B116",
  "a worker that mixes every command that the drive has keeps the verify table true",
  {},
  async (bench) => {
    await bench.ns.openVerifyTable(`${bench.folder}/mix.verify`, 3n);
    const { oncs } = bench.controller.identity;
    const had = OPTIONAL.filter(([, , bit]) => (oncs >> bit) & 1);
    const read = 65 - had.reduce((sum, [, percent]) => sum + percent, 0);
    const operations = { read, write: 30, flush: 5, ...Object.fromEntries(had) };
    const region = {
      regionLbas: 512n,
      sizeBytes: { fromBytes: bench.ns.identity.lbaBytes, toBytes: 4 * bench.ns.identity.lbaBytes },
    };
    const result = await run(bench, mix(operations, { ...region, verify: true, alignLbas: 1, onError: "stop" }));
    expect(result).toMatchObject({ end: "done", miscompares: 0n });
    expect(counts(result).size).toBe(3 + had.length);
    // LBAs that were written uncorrectable cannot be read, and what nobody knows compares with nothing: what the drive has
    // to say then, and no errors.
    const marks = had.some(([name]) => name === "writeUncorrectable");
    const seen = new Set(result.errors.map(({ sct, sc, action }) => `${sct}/${sc.toString(16)} ${action}`));
    expect(["2/81 ignore", "2/85 ignore"]).toEqual(expect.arrayContaining([...seen]));
    expect(seen.has("2/81 ignore")).toBe(marks);
    const swept = await bench.ns.verify({ rule: "exact", regionStartLba: 0n, regionLbas: 512n, written: true });
    expect(swept).toMatchObject({ violations: 0n, miscompares: [] });
    expect(swept.checkedLbas).toBeGreaterThan(100n);
  },
);

behaviour(
  "B116",
  "an opcode that nobody knows goes out with its own words, and its status is a value",
  {},
  async (bench) => {
    const opcode = mapsDataFirst(bench.host) ? 0xc0 : 0xc3;
    const options = mix([{ opcode, percent: 100, cdw: { cdw12: 7 } }], { ioCount: 20, onError: "count" });
    const result = await run(bench, options);
    expect(result).toMatchObject({ end: "done", operations: [{ opcode, count: 20, errors: 20 }] });
    expect(result.errors).toMatchObject([{ opcode, sct: 0, sc: 1, count: 20 }]);
  },
);

behaviour(
  "B116",
  "a sequence is replayed in order, no command before its time, and late ones at once",
  {},
  async (bench) => {
    const steps = [
      { atUs: 0, opcode: "write", slba: 5n, lbaCount: 3 },
      { atUs: 0, opcode: "write", slba: 8n, lbaCount: 1 },
      { atUs: 20_000, opcode: "flush" },
      { atUs: 20_000.5, opcode: "read", slba: 5n, lbaCount: 4 },
      { atUs: 60_000, opcode: 2, slba: 0n, lbaCount: 8 },
    ];
    const result = await run(bench, replay(steps, { depth: 1, lastCommands: 10 }));
    expect(result).toMatchObject({ end: "done", reads: 2n, writes: 2n, flushes: 1n, errors: [] });
    expect(result.lastCommands.map(({ opcode, slba, lbaCount }) => [opcode, slba, lbaCount])).toEqual([
      [1, 5n, 3],
      [1, 8n, 1],
      [0, 0n, 0],
      [2, 5n, 4],
      [2, 0n, 8],
    ]);
    const first = result.lastCommands[0]!.submittedNs;
    // The worker's start is not after its first command.
    const startedAt = first - BigInt(Math.ceil(result.latencyMaxNs));
    result.lastCommands.forEach(({ submittedNs }, i) => {
      expect(Number(submittedNs - startedAt)).toBeGreaterThanOrEqual(steps[i]!.atUs * 1000);
    });
    expect(result.durationMs).toBeGreaterThanOrEqual(60);
  },
);

behaviour(
  "B116",
  "patterns hold sector by sector: a constant word, and a share of zeroes in random data",
  {},
  async (bench) => {
    const { lbaBytes } = bench.ns.identity;
    const write = async (pattern: object) => {
      await run(
        bench,
        worker({
          sizeBytes: 8 * lbaBytes,
          randomPercent: 0,
          readPercent: 0,
          passes: 1,
          regionLbas: 64n,
          depth: 4,
          pattern,
        }),
      );
      const data = new Uint8Array(64 * lbaBytes);
      expect(await bench.ns.read(bench.qpair, 0n, data)).toMatchObject({ sct: 0, sc: 0 });
      return Array.from({ length: 64 }, (_, i) => data.subarray(i * lbaBytes, (i + 1) * lbaBytes));
    };
    for (const sector of await write({ kind: "constant", value: 0x12345678 }))
      for (const [at, byte] of [
        [0, 0x78],
        [3, 0x12],
        [lbaBytes - 1, 0x12],
      ] as const)
        expect(sector[at]).toBe(byte);
    const random = await write({ kind: "random", compressPercent: 25 });
    const zeroes = lbaBytes / 4;
    for (const sector of random) {
      expect(sector.subarray(lbaBytes - zeroes).every((byte) => byte === 0)).toBe(true);
      // As many zero bytes as chance gives, and no more.
      expect(sector.subarray(0, lbaBytes - zeroes).filter((byte) => byte === 0).length).toBeLessThan(lbaBytes / 16);
    }
    expect(new Set(random.map((sector) => Buffer.from(sector).toString("hex"))).size).toBe(64);
  },
);

behaviour(
  "B116",
  "a constant word stays whole in every sector when the same worker deallocates",
  { needs: ["deallocate"] },
  async (bench) => {
    const { lbaBytes } = bench.ns.identity;
    const operations = { write: 50, deallocate: 50 };
    await run(
      bench,
      mix(operations, {
        sizeBytes: lbaBytes,
        regionLbas: 64n,
        depth: 4,
        pattern: { kind: "constant", value: 0x12345678 },
      }),
    );
    const data = new Uint8Array(64 * lbaBytes);
    expect(await bench.ns.read(bench.qpair, 0n, data)).toMatchObject({ sct: 0, sc: 0 });
    const words = new Uint32Array(data.buffer);
    expect(words).toContain(0x12345678);
    // What a deallocated sector reads as is the drive's affair; a written one has the word to its end.
    const perSector = lbaBytes / 4;
    for (let at = 0; at < words.length; at += perSector)
      expect(words[at + perSector - 1] === 0x12345678 && words[at] !== 0x12345678).toBe(false);
  },
);

behaviour(
  "B116",
  "LBAs that were written uncorrectable are left out on request, and all others are not",
  { needs: ["write-uncorrectable"] },
  async (bench) => {
    const { ns, qpair } = bench;
    await ns.openVerifyTable(`${bench.folder}/skip.verify`, 4n);
    const all = {
      randomPercent: 0,
      passes: 1,
      regionLbas: 64n,
      sizeBytes: 8 * ns.identity.lbaBytes,
      verify: true,
      lastCommands: 64,
    };
    await run(bench, worker({ ...all, readPercent: 0 }));
    for (const [slba, lbas] of [
      [3, 2],
      [8, 8],
      [63, 1],
    ] as const)
      expect(await ns.io(qpair, { opcode: 4, nsid: 1, cdw10: slba, cdw12: lbas - 1 })).toMatchObject({ sct: 0, sc: 0 });
    const skipped = await run(bench, worker({ ...all, readPercent: 100, skipUncorrectable: true }));
    expect(skipped).toMatchObject({ end: "done", errors: [], skippedLbas: 11n, checkedLbas: 53n });
    const marked = new Set([3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 63]);
    const read = skipped.lastCommands.flatMap(({ slba, lbaCount }) =>
      Array.from({ length: lbaCount }, (_, i) => Number(slba) + i),
    );
    expect(read.sort((a, b) => a - b)).toEqual(
      Array.from({ length: 64 }, (_, i) => i).filter((lba) => !marked.has(lba)),
    );
    const met = await run(bench, worker({ ...all, readPercent: 100 }));
    expect(met).toMatchObject({
      end: "done",
      miscompares: 0n,
      errors: [{ opcode: 2, sct: 2, sc: 0x81, count: 3, action: "ignore" }],
    });
  },
);
