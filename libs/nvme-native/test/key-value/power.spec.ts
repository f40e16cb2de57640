/** Power cuts of a drive with keys and values: what was flushed is there, and each value is one that was stored, whole. */
import { driver, expectStatus, type ModelLossPolicy, Random } from "../../src";
import { type KeyValueBench, OK, withKeys } from "./key-value-drive";

const KEYS = ["a", "b", "c", "d", "e", "f"];
const LIMIT_MS = 60_000;

async function cutPower({ controller, drive }: KeyValueBench): Promise<void> {
  await driver.modelPower(drive, "off");
  await driver.modelPower(drive, "on");
  expect((await controller.reopen()).ok).toBe(true);
}

/** A value that says whose it is and how long. */
function markedValue(key: string, serial: number, bytes: number): string {
  const head = `${key}:${serial}:${bytes}:`;
  return head + "x".repeat(Math.max(0, bytes - head.length));
}

test.each<ModelLossPolicy>(["any", "lose-all", "keep-prefix", "reordered", "torn"])(
  "cuts while commands are in flight, what the cache loses is %s: a flushed value is there or a newer one, each whole",
  (lossPolicy) =>
    withKeys({ lossPolicy, awupfLbas: 1 }, async (bench) => {
      const { keys, qpair } = bench;
      const random = new Random(7n);
      let serial = 0;
      let lost = 0;
      const durable = new Map<string, string | null>(KEYS.map((key) => [key, null]));
      for (let cut = 0; cut < 25; cut++) {
        /** What each key may have after the cut; null: it may not exist. */
        const possible = new Map(KEYS.map((key) => [key, new Set([durable.get(key) ?? null])]));
        const newest = new Map(durable);
        const steps = random.below(30);
        for (let step = 0; step < steps; step++) {
          const key = KEYS[random.below(KEYS.length)]!;
          if (random.chance(10)) {
            expectStatus(await keys.flush(qpair));
            for (const [each, value] of newest) possible.set(each, new Set([value]));
          } else if (random.chance(25)) {
            expectStatus(await keys.delete(qpair, key));
            newest.set(key, null);
            possible.get(key)!.add(null);
          } else {
            const value = markedValue(key, serial++, random.below(20_000));
            expect(await bench.store(key, value)).toBe(OK);
            newest.set(key, value);
            possible.get(key)!.add(value);
          }
        }
        // Some are on their way when the power goes: they may be there or not.
        const inFlight = KEYS.map((key) => [key, markedValue(key, serial++, 5000)] as const);
        for (const [key, value] of inFlight) possible.get(key)!.add(value);
        const ends = inFlight.map(([key, value]) => keys.store(qpair, key, Buffer.from(value)));
        await cutPower(bench);
        await Promise.all(ends);
        for (const key of KEYS) {
          const { value } = await keys.retrieve(qpair, key);
          const found = value === null ? null : Buffer.from(value).toString();
          expect([key, [...possible.get(key)!].includes(found)]).toEqual([key, true]);
          if (found !== newest.get(key)) lost++;
          durable.set(key, found);
        }
        const there = KEYS.filter((key) => durable.get(key) !== null);
        expect(await bench.listed()).toEqual(there);
      }
      expect(lost).toBeGreaterThan(0);
    }),
  LIMIT_MS,
);

test("without a volatile cache nothing that was acknowledged is lost", () =>
  withKeys({ volatileCache: false, lossPolicy: "lose-all" }, async (bench) => {
    for (let i = 0; i < 10; i++) {
      expect(await bench.store("k", markedValue("k", i, 3000))).toBe(OK);
      if (i % 2 === 1) expectStatus(await bench.keys.delete(bench.qpair, "gone"));
      else expect(await bench.store("gone", "v")).toBe(OK);
      await cutPower(bench);
      expect(await bench.fetch("k")).toBe(markedValue("k", i, 3000));
      expect(await bench.listed()).toEqual(i % 2 === 1 ? ["k"] : ["gone", "k"]);
    }
  }));

test("an orderly shutdown keeps what was never flushed", () =>
  withKeys({ lossPolicy: "lose-all" }, async (bench) => {
    await bench.store("k", "v");
    await bench.controller.close();
    await driver.modelPower(bench.drive, "off");
    await driver.modelPower(bench.drive, "on");
    const again = await driver.open({ transport: "model", path: bench.drive });
    const keys = await again.keyValueNamespace(2);
    expect((await keys.retrieve(await again.createQpair({ depth: 4 }), "k")).valueBytes).toBe(1);
    await again.close();
  }));

test("a flush that lies is found: what it promised is gone", () =>
  withKeys({ lossPolicy: "lose-all", faults: [{ kind: "flush-lies" }] }, async (bench) => {
    await bench.store("k", "v");
    expectStatus(await bench.keys.flush(bench.qpair));
    await cutPower(bench);
    expect(await bench.listed()).toEqual([]);
  }));

test(
  "a drive that tears at a power loss leaves values that nobody stored",
  () =>
    withKeys({ lossPolicy: "reordered", faults: [{ kind: "torn-at-power-loss" }] }, async (bench) => {
      const stored = "1".repeat(5000);
      let torn = 0;
      for (let i = 0; i < 30 && torn === 0; i++) {
        await bench.store("k", stored);
        await cutPower(bench);
        const { value } = await bench.keys.retrieve(bench.qpair, "k");
        if (value !== null && Buffer.from(value).toString() !== stored) torn++;
      }
      expect(torn).toBe(1);
    }),
  LIMIT_MS,
);
