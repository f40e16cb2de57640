import { bucketOf, type SparseHistogram } from "@assay/protocol";
import { driver, type IoWorkerEvent } from "../src";
import { holdsOnce, withDrive, worker } from "./bench-drive";

const total = (histogram: SparseHistogram) => histogram.reduce((sum, [, count]) => sum + count, 0);

test("limits hold exactly: count, passes, and time", () =>
  withDrive({}, async ({ ns }) => {
    const counted = await ns.startIoWorker(worker({ ioCount: 10_000 })).result;
    expect(counted.reads + counted.writes).toBe(10_000n);
    expect(await ns.startIoWorker(worker({ ioCount: 1, depth: 64 })).result).toMatchObject({ end: "done" });
    const passed = await ns.startIoWorker(
      worker({ randomPercent: 0, readPercent: 0, passes: 2, sizeBytes: 24 * 512, regionLbas: 1000n }),
    ).result;
    // The last command of each lap is cut to fit: every LBA exactly twice.
    expect(passed.writtenBytes).toBe(2000n * 512n);
    expect(passed.writes).toBe(84n);
    const timed = await ns.startIoWorker(worker({ timeMs: 300 })).result;
    expect(timed.durationMs).toBeGreaterThanOrEqual(300);
    expect(timed.end).toBe("done");
  }));

test("stop is obeyed, and the result adds up with the samples and the histograms", () =>
  withDrive({}, async ({ ns }) => {
    const handle = ns.startIoWorker(worker({ timeMs: 60_000, sampleMs: 50, histogramMs: 120, flushEvery: 7 }));
    const events: IoWorkerEvent[] = [];
    for await (const event of handle) {
      events.push(event);
      if (event.type === "sample" && event.sample.interval === 5) handle.stop();
    }
    const result = await handle.result;
    expect(result.end).toBe("stopped");
    const samples = events.flatMap((event) => (event.type === "sample" ? [event.sample] : []));
    expect(samples.map((sample) => sample.interval)).toEqual(samples.map((_, i) => i));
    expect(samples.slice(0, -1).every((sample) => sample.intervalMs === 50)).toBe(true);
    const sum = (key: "reads" | "writes" | "others" | "readBytes") => samples.reduce((n, sample) => n + sample[key], 0);
    expect([sum("reads"), sum("writes"), sum("others"), sum("readBytes")].map(BigInt)).toEqual([
      result.reads,
      result.writes,
      result.flushes,
      result.readBytes,
    ]);
    expect(result.flushes).toBeGreaterThanOrEqual(result.writes / 7n - 2n);
    for (const operation of ["read", "write", "other"] as const) {
      const deltas = events.flatMap((event) =>
        event.type === "histogram" && event.operation === operation ? [event.buckets] : [],
      );
      expect(deltas.reduce((n, delta) => n + total(delta), 0)).toBe(total(result.histograms[operation]));
      expect(total(result.serviceHistograms[operation])).toBe(total(result.histograms[operation]));
    }
    expect(BigInt(total(result.histograms.read))).toBe(result.reads);
    const highest = Math.max(
      ...Object.values(result.histograms).map((histogram) => histogram[histogram.length - 1]![0]),
    );
    expect(highest).toBe(bucketOf(result.latencyMaxNs));
  }));

test("several readers of one worker share its events, and all of them end with it", () =>
  withDrive({}, async ({ ns }) => {
    const handle = ns.startIoWorker(worker({ timeMs: 300, sampleMs: 20 }));
    const intervals: number[] = [];
    const read = async () => {
      for await (const event of handle) if (event.type === "sample") intervals.push(event.sample.interval);
    };
    await Promise.all([read(), read(), read()]);
    await handle.result;
    await read();
    expect([...intervals].sort((a, b) => a - b)).toEqual(Array.from(intervals, (_, i) => i));
    expect(intervals.length).toBeGreaterThanOrEqual(15);
  }));

test("a rate is kept, and the depth is exactly what was asked for", () =>
  withDrive({ spec: { latency: { readUs: 2000, writeUs: 2000, flushUs: 0, jitterPercent: 0 } } }, async ({ ns }) => {
    const paced = await ns.startIoWorker(worker({ timeMs: 500, iops: 1000, depth: 32 })).result;
    expect(paced.reads + paced.writes).toBe(500n);
    // Little's law: with 2 ms a command no more than depth / 2 ms can be done.
    for (const depth of [1, 8]) {
      const result = await ns.startIoWorker(worker({ ioCount: 40 * depth, depth })).result;
      expect(result.durationMs).toBeGreaterThanOrEqual(40 * 2 - 2);
    }
  }));

test("a stall shows as samples of zero and in the latency from the intended submission", () =>
  withDrive({ spec: { faults: [{ kind: "stall", afterCommands: 200, ms: 400 }] } }, async ({ ns }) => {
    const handle = ns.startIoWorker(worker({ timeMs: 700, iops: 2000, depth: 4, sampleMs: 50 }));
    const zeroes: number[] = [];
    for await (const event of handle) {
      if (event.type === "sample" && event.sample.reads + event.sample.writes === 0) zeroes.push(event.sample.interval);
    }
    const result = await handle.result;
    expect(zeroes.length).toBeGreaterThanOrEqual(6);
    expect(result.latencyMaxNs).toBeGreaterThanOrEqual(390e6);
    const slow = (histogram: SparseHistogram) => total(histogram.filter(([bucket]) => bucket >= bucketOf(50e6)));
    // Commands that should have been sent meanwhile waited as well, though they were quick once they were sent.
    const intended = slow(result.histograms.read) + slow(result.histograms.write);
    const actual = slow(result.serviceHistograms.read) + slow(result.serviceHistograms.write);
    expect(intended).toBeGreaterThan(100);
    expect(actual).toBeLessThan(intended / 4);
  }));

test("the CPU time of a worker is that of its own thread", () =>
  withDrive({}, async ({ ns }) => {
    await holdsOnce(3, async () => {
      const busy = ns.startIoWorker(worker({ timeMs: 500 }));
      const idle = await ns.startIoWorker(worker({ timeMs: 400, iops: 20, depth: 1 })).result;
      expect(idle.cpuPercent).toBeLessThan((await busy.result).cpuPercent / 2);
    });
  }));

test("errors stop or are counted, as the policy says", () =>
  withDrive(
    { spec: { faults: [{ kind: "bad-status", opcode: 2, slba: "0", lbaCount: 100000, sct: 2, sc: 0x81, times: 30 }] } },
    async ({ ns }) => {
      const stopped = await ns.startIoWorker(worker({ readPercent: 100, ioCount: 1000, depth: 4, onError: "stop" }))
        .result;
      expect(stopped).toMatchObject({ end: "error", errors: [{ opcode: 2, sct: 2, sc: 0x81 }] });
      const left = 30 - stopped.errors[0]!.count;
      const counted = await ns.startIoWorker(worker({ readPercent: 100, ioCount: 1000, depth: 4, onError: "count" }))
        .result;
      expect(counted).toMatchObject({
        end: "done",
        reads: 1000n,
        readBytes: BigInt(1000 - left) * 4096n,
        errors: [{ opcode: 2, sct: 2, sc: 0x81, count: left }],
      });
      expect(counted.errors[0]!.lastMs).toBeGreaterThanOrEqual(counted.errors[0]!.firstMs);
    },
  ));

test("B116 each status has its own policy: expected ones are noted only, others count, and one ends the worker", () => {
  const bad = (slba: string, sc: number) =>
    ({ kind: "bad-status", opcode: 2, slba, lbaCount: 8, sct: 2, sc, times: 1 }) as const;
  const onStatus = [{ sct: 2, sc: 0x81, action: "ignore" }];
  const sequential = { readPercent: 100, randomPercent: 0, passes: 1, depth: 1, onStatus };
  const spec = { faults: [bad("8", 0x81), bad("80", 0x84), bad("160", 0x86)] };
  return withDrive({ spec }, async ({ ns }) => {
    const handle = ns.startIoWorker(
      worker({ ...sequential, onError: "count", onStatus: [...onStatus, { sct: 2, sc: 0x86, action: "stop" }] }),
    );
    let errors = 0;
    for await (const event of handle) if (event.type === "sample") errors += event.sample.errors;
    const result = await handle.result;
    expect(result.errors.map(({ sc, count, action }) => [sc, count, action])).toEqual([
      [0x81, 1, "ignore"],
      [0x84, 1, "count"],
      [0x86, 1, "stop"],
    ]);
    expect(result).toMatchObject({ end: "error", reads: 21n });
    expect(errors).toBe(2);
    for (const error of result.errors) expect(error.lastMs).toBeGreaterThanOrEqual(error.firstMs);
  });
});

test("a lost completion times out locally, is counted, and the worker ends", () =>
  withDrive(
    { spec: { faults: [{ kind: "lost-completion", afterCommands: 100 }] }, open: { timeoutMs: 100 } },
    async ({ ns, controller }) => {
      const result = await ns.startIoWorker(worker({ ioCount: 5000, depth: 4, onError: "count" })).result;
      expect(result).toMatchObject({ end: "done", inFlight: 1, errors: [{ sct: 7, sc: 0x80, count: 1 }] });
      expect((await controller.reset()).ok).toBe(true);
      expect(await ns.startIoWorker(worker({ ioCount: 5000 })).result).toMatchObject({ end: "done", errors: [] });
    },
  ));

test(
  "20 resets under I/O of three workers and a script: every handle settles, and all is usable again",
  () =>
    withDrive(
      { spec: { latency: { readUs: 30_000, writeUs: 30_000, flushUs: 300, jitterPercent: 50 } } },
      async ({ ns, qpair, controller, folder }) => {
        await ns.openVerifyTable(`${folder}/t.verify`, 3n);
        for (let i = 0; i < 20; i++) {
          const handles = [0, 1, 2].map((n) =>
            ns.startIoWorker(
              worker({ worker: n, timeMs: 60_000, sampleMs: 10, seed: BigInt(i * 3 + n), verify: true }),
            ),
          );
          for (const handle of handles) for await (const event of handle) if (event.type === "sample") break;
          const reads = Array.from({ length: 40 }, (_, lba) => ns.read(qpair, BigInt(lba), new Uint8Array(512)));
          const report = await controller.reset();
          expect(report).toMatchObject({ ok: true, reason: null });
          expect(report.settled).toBeGreaterThan(0);
          let inFlight = 0;
          for (const handle of handles) {
            const result = await handle.result;
            expect(result).toMatchObject({ end: "terminated", errors: [], miscompares: 0n });
            inFlight += result.inFlight;
          }
          const local = (await Promise.all(reads)).filter((completion) => completion.local).length;
          expect(inFlight + local).toBe(report.settled);
          expect(await ns.read(qpair, 0n, new Uint8Array(512))).toMatchObject({ local: false, sct: 0, sc: 0 });
        }
        expect(await ns.verify({ rule: "exact", regionStartLba: 0n, regionLbas: 8192n, written: true })).toMatchObject({
          violations: 0n,
          coveragePercent: 100,
        });
        expect((await controller.getFeature(7)).cdw0).toBe((15 << 16) | 15);
      },
    ),
  30_000,
);

test("sixteen workers run at once, the seventeenth has no queue pair", () =>
  withDrive({ spec: { maxQpairs: 17 } }, async ({ ns, controller }) => {
    const handles = Array.from({ length: 16 }, (_, n) =>
      ns.startIoWorker(worker({ worker: n, timeMs: 200, seed: BigInt(n) })),
    );
    const refused = ns.startIoWorker(worker({ timeMs: 200 }));
    await expect(refused.result).rejects.toMatchObject({ code: "ERR_QPAIR" });
    for (let i = 0; i < 20; i++) expect((await controller.getLogPage(2, 512)).completion.sc).toBe(0);
    for (const handle of handles) expect((await handle.result).end).toBe("done");
  }));

test("a worker on a drive without power is terminated at once", () =>
  withDrive({}, async ({ ns, drive }) => {
    await driver.modelPower(drive, "off");
    expect(await ns.startIoWorker(worker({ timeMs: 60_000 })).result).toMatchObject({ end: "terminated", reads: 0n });
  }));
