/** What the medium of a software drive does over its life: wear, steady state, heat, and what a power cut leaves. */
import { AdminCommands, driver, type ModelDriveSpec, type ModelLatency } from "../src";
import { type Bench, withDrive, worker } from "./bench-drive";

const MIB = 1 << 20;
const fill = (more: object = {}) =>
  worker({ sizeBytes: 65_536, randomPercent: 0, readPercent: 0, regionLbas: 32_768n, passes: 1, depth: 8, ...more });
const smart = async ({ controller }: Bench) => {
  const page = (await controller.getLogPage(2, 512)).data;
  const view = new DataView(page.buffer, page.byteOffset);
  return {
    warnings: page[0]!,
    kelvin: view.getUint16(1, true),
    spare: page[3]!,
    used: page[5]!,
    mediaErrors: Number(view.getBigUint64(160, true)),
    throttled: view.getUint32(216, true),
  };
};

test("a drive that is written beyond its rating loses sectors, spare and at last the right to be written, and says so", () =>
  withDrive({ spec: { faults: [{ kind: "wear-out", driveWrites: 2 }] } }, async (bench) => {
    const { ns, controller, drive } = bench;
    await controller.setFeature(0x0b, 0x0f); // events for the critical warnings
    const events = new AdminCommands(controller).events()[Symbol.asyncIterator]();
    const first = events.next();
    expect(await smart(bench)).toMatchObject({ warnings: 0, spare: 100, used: 0, mediaErrors: 0 });
    const seen = [];
    for (let lap = 0; lap < 40; lap++) {
      await ns.startIoWorker(fill({ onError: "count", seed: BigInt(lap) })).result;
      await ns.startIoWorker(fill({ onError: "count", readPercent: 100 })).result;
      seen.push(await smart(bench));
      if (seen.at(-1)!.spare === 0) break;
    }
    // Ever less spare, ever more used; unreadable sectors only where the medium has become weak.
    for (const [i, now] of seen.entries()) {
      const before = seen[i - 1];
      if (before !== undefined) {
        expect(now.spare).toBeLessThanOrEqual(before.spare);
        expect(now.used).toBeGreaterThan(before.used);
      }
      if (now.used < 80) expect(now).toMatchObject({ spare: 100, mediaErrors: 0 });
    }
    const last = seen.at(-1)!;
    expect(last.spare).toBe(0);
    expect(last.mediaErrors).toBeGreaterThan(0);
    expect(last.warnings & 0b1101).toBe(0b1101); // spare, reliability, read-only
    const qpair = await controller.createQpair({ depth: 4 });
    expect(await ns.write(qpair, 0n, new Uint8Array(512))).toMatchObject({ sct: 0, sc: 0x20 });
    expect((await first).value).toMatchObject({ type: 1, logPage: 2 });
    expect((await driver.modelFaults(drive))[0]!.acted).toBeGreaterThanOrEqual(16);
  }));

const nand = (more: Partial<ModelLatency["nand"]> = {}): ModelLatency => ({
  readUs: 60,
  writeUs: 100,
  flushUs: 0,
  jitterPercent: 5,
  nand: { dies: 4, slcBytes: 4 * MIB, steadyWriteUs: 800, ...more },
});
const spec = (latency: ModelLatency): Partial<ModelDriveSpec> => ({ latency, volatileCache: false });

/** Slow beside what a loaded machine adds. */
const slow = {
  ...nand({ slcBytes: 16 * MIB, steadyWriteUs: 8_000, collectEveryBytes: MIB, collectUs: 4_000 }),
  writeUs: 400,
};

test(
  "writes are fast into the SLC region and fall to a steady state that the rule of the plans recognises",
  () =>
    withDrive({ spec: spec(slow) }, async ({ ns }) => {
      const samples = [];
      const handle = ns.startIoWorker(
        fill({ sizeBytes: 16_384, randomPercent: 100, passes: null, timeMs: 4_000, depth: 8, sampleMs: 250 }),
      );
      for await (const event of handle) if (event.type === "sample") samples.push(event.sample);
      expect((await handle.result).end).toBe("done");
      const rates = samples.filter((s) => s.intervalMs === 250).map((s) => s.writes);
      // The knee: the first interval has the SLC region in it, the later ones have not.
      const steady = rates.slice(-5);
      const mean = steady.reduce((a, b) => a + b, 0) / steady.length;
      expect(rates[0]!).toBeGreaterThan(mean * 1.2);
      // SNIA: over five rounds the range is at most 20 % and the slope at most 10 % of the mean. A loaded machine may slow
      // single intervals, so any window of five behind the knee counts.
      const isSteady = (y: number[]) => {
        const a = y.reduce((s, v) => s + v, 0) / y.length;
        const slope = y.reduce((s, v, i) => s + (i - 2) * (v - a), 0) / 10;
        return Math.max(...y) - Math.min(...y) <= 0.2 * a && Math.abs(slope) * 4 <= 0.1 * a;
      };
      const windows = rates
        .slice(2)
        .map((_, i) => rates.slice(2 + i, 7 + i))
        .filter((w) => w.length === 5);
      expect(windows.some(isSteady)).toBe(true);
      expect(isSteady(rates.slice(0, 5))).toBe(false);
    }),
  30_000,
);

test("a read waits for the die that a write keeps busy", () =>
  // Long beside what a busy machine puts between two submissions.
  withDrive({ spec: spec(nand({ dies: 2, slcBytes: 0, steadyWriteUs: 500_000 })) }, async ({ ns, qpair }) => {
    const page = new Uint8Array(16_384);
    const write = ns.write(qpair, 0n, page);
    const same = ns.read(qpair, 0n, new Uint8Array(512));
    const other = ns.read(qpair, 32n, new Uint8Array(512)); // the next page lies on the other die
    const [w, s, o] = await Promise.all([write, same, other]);
    expect(s.latencyNs).toBeGreaterThan(o.latencyNs);
    expect(s.latencyNs).toBeGreaterThan(w.latencyNs / 2);
  }));

test("data moved heat the drive; from its limit on it throttles, and SMART and an event tell it", () =>
  withDrive(
    {
      spec: spec({
        ...nand({
          slcBytes: 1 << 30,
          thermal: { ambientC: 30, throttleC: 75, degreesPerGib: 8000, coolSeconds: 1000 },
        }),
        writeUs: 2_000,
      }),
    },
    async (bench) => {
      const { ns, controller } = bench;
      await controller.setFeature(0x0b, 2);
      const event = new AdminCommands(controller).events()[Symbol.asyncIterator]().next();
      expect(await smart(bench)).toMatchObject({ kelvin: 303, throttled: 0, warnings: 0 });
      const cool = await ns.startIoWorker(fill({ regionLbas: 4096n, depth: 1, sizeBytes: 16_384 })).result;
      await ns.startIoWorker(fill({ regionLbas: 16_384n })).result;
      const hot = await ns.startIoWorker(fill({ regionLbas: 4096n, depth: 1, sizeBytes: 16_384 })).result;
      const after = await smart(bench);
      expect(after.kelvin).toBeGreaterThanOrEqual(348);
      expect(after).toMatchObject({ throttled: 1, warnings: 2 });
      expect(hot.latencyAverageNs).toBeGreaterThan(cool.latencyAverageNs * 1.2);
      expect((await event).value).toMatchObject({ type: 1, info: 1, logPage: 2 });
    },
  ));

/** Which of the commands written survive a cut: 64 commands of four LBAs, none flushed. */
async function survivors(lossPolicy: ModelDriveSpec["lossPolicy"], more: Partial<ModelDriveSpec> = {}) {
  const commands: number[][] = [];
  await withDrive({ spec: { lossPolicy, seed: 5n, ...more } }, async ({ ns, qpair, controller, drive }) => {
    for (let i = 0; i < 64; i++) await ns.write(qpair, BigInt(4 * i), new Uint8Array(4 * 512).fill(1));
    await driver.modelPower(drive, "off");
    await driver.modelPower(drive, "on");
    await controller.reopen();
    const read = new Uint8Array(256 * 512);
    await ns.read(qpair, 0n, read);
    for (let i = 0; i < 64; i++) commands.push([0, 1, 2, 3].map((lba) => read[(4 * i + lba) * 512]!));
  });
  return commands.map((lbas) => lbas.reduce((a, b) => a + b, 0));
}
const isPrefix = (counts: number[]) => counts.every((n, i) => i === 0 || n <= counts[i - 1]!);

test("a cut loses what its policy says: all, all but a prefix of commands, or any of them", async () => {
  expect(await survivors("lose-all")).toEqual(Array(64).fill(0));
  for (let seed = 1n; seed <= 8n; seed++) {
    const prefix = await survivors("keep-prefix", { seed });
    expect(isPrefix(prefix)).toBe(true);
    for (const count of prefix) expect([0, 4]).toContain(count);
    const torn = await survivors("torn", { seed });
    expect(isPrefix(torn)).toBe(true);
    const atomic = await survivors("torn", { seed, awupfLbas: 4 });
    for (const count of atomic) expect([0, 4]).toContain(count);
    for (const count of await survivors("reordered", { seed, awupfLbas: 4 })) expect([0, 4]).toContain(count);
  }
  const torn = await Promise.all([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n].map((seed) => survivors("torn", { seed })));
  expect(torn.flat().some((count) => count > 0 && count < 4)).toBe(true);
  expect(isPrefix(await survivors("reordered"))).toBe(false);
}, 60_000);
