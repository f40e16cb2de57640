/** One planted defect of the controller at a time: the driver survives it, says what it saw, and nothing hangs. */
import { driver, type ModelFault } from "../src";
import { type Bench, withDrive, worker } from "./bench-drive";

const planted = (fault: ModelFault, body: (bench: Bench) => Promise<void>, timeoutMs = 10_000) =>
  withDrive({ spec: { faults: [fault] }, open: { timeoutMs } }, body);
const load = worker({ ioCount: 2_000, depth: 16, onError: "count" });
const acted = async (drive: string) => (await driver.modelFaults(drive)).map((fault) => fault.acted);

test("a completion that comes twice is counted and completes no other command", () =>
  planted({ kind: "duplicate-completion", everyNth: 50 }, async ({ ns, qpair, controller, drive }) => {
    const result = await ns.startIoWorker(load).result;
    expect(result).toMatchObject({ end: "done", errors: [] });
    expect(result.reads + result.writes).toBe(2_000n);
    const [doubled] = await acted(drive);
    expect(doubled).toBe(40);
    // Those that came behind the worker's end found no queue any more.
    expect(result.protocolErrors).toBeLessThanOrEqual(doubled!);
    const before = controller.violations()!.count;
    expect(before).toBeGreaterThanOrEqual(result.protocolErrors!); // more were found when its queue was taken away
    for (let i = 0; i < 200; i++) {
      const data = new Uint8Array(512);
      expect(await ns.read(qpair, BigInt(i), data)).toMatchObject({ sct: 0, local: false });
    }
    const doubles = () => controller.violations()!.first.filter(({ qid }) => qid === qpair.qid);
    while (doubles().length < 3) await ns.read(qpair, 0n, new Uint8Array(512));
    for (const double of doubles()) expect(double.kind).toBe("duplicate-completion");
  }));

test("a completion for a cid that was never sent is counted, and its command times out", () =>
  planted(
    { kind: "wrong-cid", when: { afterCommands: 300 }, times: 3 },
    async ({ ns, controller }) => {
      const result = await ns.startIoWorker(load).result;
      expect(result.end).toBe("done");
      for (const error of result.errors) expect(error).toMatchObject({ sct: 7, sc: 0x80 });
      expect(result.errors.reduce((n, error) => n + error.count, 0)).toBe(3);
      expect(result.protocolErrors).toBe(3);
      expect(controller.violations()!.first.map(({ kind }) => kind)).toEqual(Array(3).fill("unknown-cid"));
    },
    150,
  ));

test("a completion that comes after the local timeout releases its command and is no second answer", () =>
  planted(
    { kind: "late-completion", when: { opcode: 2 }, ms: 400 },
    async ({ ns, qpair, controller }) => {
      const data = new Uint8Array(512);
      const late = await ns.read(qpair, 0n, data);
      expect(late).toMatchObject({ sct: 7, sc: 0x80, local: true });
      for (let i = 0; i < 200; i++)
        expect(await ns.read(qpair, BigInt(i), data)).toMatchObject({ sct: 0, local: false });
      // The queue pair has all its slots back when the late one has come: depth - 1 at once, twice.
      await new Promise((resolve) => setTimeout(resolve, 400));
      for (let lap = 0; lap < 2; lap++) {
        const all = Array.from({ length: 31 }, (_, i) => ns.read(qpair, BigInt(i), new Uint8Array(512)));
        for (const completion of await Promise.all(all)) expect(completion).toMatchObject({ sct: 0, local: false });
      }
      expect(controller.violations()).toEqual({ count: 0, first: [] });
    },
    100,
  ));

test("a deletion that the drive confirms too late is no answer to another command, and its id is used when it is free", () =>
  planted(
    // The driver waits for less than half of it.
    { kind: "stall", when: { opcode: 2 }, where: { slba: "9", lbaCount: 1 }, times: 3, ms: 600 },
    async ({ ns, qpair, controller, drive }) => {
      for (let i = 0; i < 5; i++) {
        const other = await controller.createQpair({ depth: 4 });
        expect(await ns.read(other, 0n, new Uint8Array(512))).toMatchObject({ sct: 0, local: false });
        const stalling = ns.read(qpair, 9n, new Uint8Array(512));
        await other.delete();
        // The drive answers both behind its stall.
        const next = await controller.createQpair({ depth: 4 });
        expect(await ns.read(next, 0n, new Uint8Array(512))).toMatchObject({ sct: 0, local: false });
        await next.delete();
        expect(await stalling).toMatchObject({ sct: 0, local: false });
        expect(await controller.getFeature(7)).toMatchObject({ sct: 0, local: false });
      }
      expect(await acted(drive)).toEqual([3]);
      expect(controller.violations()).toEqual({ count: 0, first: [] });
    },
  ));

test("commands whose completion is lost time out, as many as were lost", () =>
  planted(
    { kind: "lost-completion", probability: 0.01, times: 5, seed: 3 },
    async ({ ns, drive }) => {
      const result = await ns.startIoWorker(load).result;
      expect(await acted(drive)).toEqual([5]);
      expect(result.errors.reduce((n, error) => n + error.count, 0)).toBe(5);
    },
    150,
  ));

test("CSTS.CFS ends a worker and settles every command at once; a controller reset heals it", () =>
  planted({ kind: "controller-fatal", when: { afterCommands: 500 } }, async ({ ns, qpair, controller }) => {
    const before = driver.boottimeNs();
    const result = await ns.startIoWorker({ ...load, ioCount: 1_000_000 }).result;
    expect(result.end).toBe("terminated");
    expect(result.inFlight).toBeGreaterThan(0);
    expect(await ns.read(qpair, 0n, new Uint8Array(512))).toMatchObject({ sct: 7, sc: 0x82, local: true });
    expect(await controller.getFeature(7)).toMatchObject({ sct: 7, sc: 0x82 });
    expect((await controller.readRegister(0x1c, 4)) & 2n).toBe(2n);
    expect(driver.boottimeNs() - before).toBeLessThan(5_000_000_000n); // long before any timeout
    expect((await controller.reset()).ok).toBe(true);
    expect((await controller.readRegister(0x1c, 4)) & 3n).toBe(1n);
    expect(await ns.read(qpair, 0n, new Uint8Array(512))).toMatchObject({ sct: 0, local: false });
    expect(await ns.startIoWorker(load).result).toMatchObject({ end: "done", errors: [] });
  }));

test("a drive with CSTS.CFS set can be closed", () =>
  planted({ kind: "controller-fatal" }, async ({ ns, qpair, controller }) => {
    expect(await ns.flush(qpair)).toMatchObject({ sct: 7, sc: 0x82 });
    await controller.close();
  }));

test("each bring-up of a drive that becomes ready late tells how late, and the drive works", () =>
  planted({ kind: "slow-ready", ms: 300, when: {} }, async ({ controller, drive, ns, qpair }) => {
    for (const report of [controller.bringUp, await controller.reset()]) {
      expect(report.readyMs).toBeGreaterThanOrEqual(300);
      expect(report.enableMs).toBeGreaterThanOrEqual(300);
      expect(report.enableMs).toBeLessThan(controller.identity.readyTimeoutMs);
    }
    expect(await ns.read(qpair, 0n, new Uint8Array(512))).toMatchObject({ sct: 0, local: false });
    expect(await acted(drive)).toEqual([2]);
  }));

test(
  "a reset that the drive does not become ready after says why, and ends what runs",
  () =>
    planted({ kind: "slow-ready", ms: 600_000, when: { afterCommands: 500 } }, async ({ controller, ns }) => {
      const running = ns.startIoWorker({ ...load, ioCount: null, timeMs: 3_600_000, sampleMs: 10 });
      let sent = 0;
      for await (const event of running) {
        if (event.type === "sample") sent += event.sample.reads + event.sample.writes;
        if (sent > 500) break;
      }
      expect(await controller.reset()).toMatchObject({ ok: false, reason: expect.stringContaining("CAP.TO") });
      expect((await running.result).end).toBe("terminated");
    }),
  60_000,
);

test("a drive that is pulled out settles everything, answers all ones, and works again when it is back", () =>
  planted(
    { kind: "surprise-removal", when: { afterCommands: 500 }, ms: 50 },
    async ({ ns, qpair, controller, drive }) => {
      const results = [0, 1].map((n) => ns.startIoWorker({ ...load, worker: n, ioCount: 1_000_000 }).result);
      for (const result of await Promise.all(results)) expect(result.end).toBe("terminated");
      while ((await driver.modelPowerState(drive)).power === "off")
        await new Promise((resolve) => setTimeout(resolve, 5));
      // It is in the slot again, but nobody has brought it up.
      await expect(controller.readRegister(0x1c, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
      expect((await controller.reopen()).ok).toBe(true);
      expect(await ns.read(qpair, 0n, new Uint8Array(512))).toMatchObject({ sct: 0 });
      expect(await ns.startIoWorker(load).result).toMatchObject({ end: "done" });
      const { data } = await controller.getLogPage(2, 512);
      expect(data[144]).toBe(1); // an unsafe shutdown
    },
  ));

test("a drive that was pulled out for good stays away until the power is switched on", () =>
  planted({ kind: "surprise-removal", when: { opcode: 1 } }, async ({ ns, qpair, controller, drive }) => {
    expect(await ns.write(qpair, 0n, new Uint8Array(512))).toMatchObject({ sct: 7, sc: 0x82 });
    expect(await driver.modelPowerState(drive)).toMatchObject({ power: "off" });
    await expect(controller.reopen()).rejects.toMatchObject({ code: "ERR_POWER_OFF" });
    await driver.modelPower(drive, "on");
    expect((await controller.reopen()).ok).toBe(true);
    expect(await ns.write(qpair, 0n, new Uint8Array(512))).toMatchObject({ sct: 0 });
  }));

test("a rule holds for its opcode, its LBAs, its number of times and every so many candidates", () =>
  planted(
    {
      kind: "bad-status",
      sct: 2,
      sc: 0x81,
      when: { opcode: 2 },
      where: { slba: "8", lbaCount: 8 },
      everyNth: 2,
      times: 2,
    },
    async ({ ns, qpair, drive }) => {
      const statuses = [];
      for (const lba of [0n, 8n, 15n, 16n, 9n, 10n, 11n, 12n]) {
        const { sc } = await ns.read(qpair, lba, new Uint8Array(512));
        expect((await ns.write(qpair, lba, new Uint8Array(512))).sc).toBe(0);
        statuses.push(sc);
      }
      expect(statuses).toEqual([0, 0, 0x81, 0, 0, 0x81, 0, 0]);
      expect(await driver.modelFaults(drive)).toEqual([{ kind: "bad-status", seen: 4, acted: 2 }]);
    },
  ));

test("the same seed makes the same defects, another seed others", async () => {
  const found = async (seed: number) => {
    const bad: number[] = [];
    await planted({ kind: "bad-status", sct: 2, sc: 0x80, probability: 0.2, seed }, async ({ ns, qpair }) => {
      for (let i = 0; i < 100; i++) if ((await ns.write(qpair, BigInt(i), new Uint8Array(512))).sc !== 0) bad.push(i);
    });
    return bad;
  };
  const first = await found(1);
  expect(first.length).toBeGreaterThan(5);
  expect(first.length).toBeLessThan(50);
  expect(await found(1)).toEqual(first);
  expect(await found(2)).not.toEqual(first);
});
