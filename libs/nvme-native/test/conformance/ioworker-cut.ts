/** Workers whose drive is taken away (B120). */
import {
  field,
  type IoWorker,
  type IoWorkerEvent,
  type IoWorkerOptions,
  type IoWorkerResult,
  Pcie,
  Subsystem,
} from "../../src";
import { worker } from "../bench-drive";
import { behaviour, type ConformanceBench, isQemu } from "./behaviour";
import { BY_HAND, status } from "./by-hand";

const KEPT = 64;
/** The longest that a handle may take from what ended it, ms. */
const SETTLED_MS = { controller: 10_000, function: 25_000, subsystem: 25_000, power: 30_000 };

function start({ ns, controller }: ConformanceBench, most: number): IoWorker[] {
  const room = Math.min(most, controller.identity.maxQpairs - 1);
  return Array.from({ length: room }, (_, n) =>
    ns.startIoWorker(
      worker({
        worker: n,
        timeMs: 100_000,
        sampleMs: 20,
        seed: BigInt(n),
        lastCommands: KEPT,
        depth: 8,
      }) as IoWorkerOptions,
    ),
  );
}

async function busy(handles: IoWorker[]): Promise<void> {
  for (const handle of handles)
    for await (const event of handle) if (event.type === "sample" && event.sample.reads > 0) break;
}

/**
 * Does what ends them: all end as terminated in their time, and each has its last commands, those that the drive never
 * answered at the end.
 */
async function ended(
  handles: IoWorker[],
  by: keyof typeof SETTLED_MS,
  act: () => Promise<unknown>,
): Promise<IoWorkerResult[]> {
  const begun = performance.now();
  const [results] = await Promise.all([Promise.all(handles.map((handle) => handle.result)), act()]);
  expect(performance.now() - begun).toBeLessThan(SETTLED_MS[by]);
  for (const result of results) {
    expect(result).toMatchObject({ end: "terminated", errors: [] });
    const sent = Number(result.reads + result.writes) + result.inFlight;
    const kept = result.lastCommands.length;
    expect(kept).toBe(Math.min(KEPT, sent));
    const open = result.lastCommands.filter(({ completedNs }) => completedNs === null);
    expect(open).toHaveLength(result.inFlight);
    expect(result.lastCommands.slice(kept - open.length)).toEqual(open);
    for (const { sct, sc } of open) expect([sct, sc]).toEqual([7, 0x82]);
  }
  return results;
}

async function clean({ ns }: ConformanceBench): Promise<void> {
  expect(await ns.startIoWorker(worker({ ioCount: 2000 }) as IoWorkerOptions).result).toMatchObject({
    end: "done",
    errors: [],
  });
}

/** SMART: power cycles (127:112) and unsafe shutdowns (159:144). */
async function smart({ controller }: ConformanceBench): Promise<[bigint, bigint]> {
  const { data } = await controller.getLogPage(2, 512);
  return [field(data, 119, 112), field(data, 151, 144)];
}

behaviour(
  "B120",
  "workers end terminated at a controller reset, and the drive works on",
  { needs: ["smart-log"] },
  async (bench) => {
    const before = await smart(bench);
    for (const most of [1, 8]) {
      const handles = start(bench, most);
      await busy(handles);
      await ended(handles, "controller", async () => {
        expect(await bench.controller.reset()).toMatchObject({ ok: true });
      });
      await clean(bench);
    }
    expect(await smart(bench)).toEqual(before);
  },
);

for (const [how, reset, on] of [
  ["hot", (pcie: Pcie) => pcie.reset(), ["model", "spdk-pcie"]],
  ["function level", (pcie: Pcie) => pcie.flr(), BY_HAND.on],
] as const) {
  behaviour(
    "B120",
    `workers and single commands end at a ${how} reset of the function, the drive works on, nothing is counted`,
    { on, needs: ["smart-log"] },
    async (bench) => {
      const { controller, ns, qpair } = bench;
      const before = await smart(bench);
      for (const most of [1, 8]) {
        const handles = start(bench, most);
        await busy(handles);
        const reads = Array.from({ length: 31 }, () => ns.read(qpair, 0n, new Uint8Array(4096)));
        await ended(handles, "function", async () => {
          await reset(new Pcie(controller));
          expect(await controller.reset()).toMatchObject({ ok: true, reason: null });
        });
        for (const read of await Promise.all(reads)) expect(["00/00", "07/82"]).toContain(status(read));
        await clean(bench);
      }
      expect(await smart(bench)).toEqual(before);
    },
  );
}

behaviour(
  "B120",
  "workers end terminated at an NVM subsystem reset, and no power cycle is counted",
  { on: ["model", "spdk-pcie"], needs: ["nssr", "smart-log"] },
  async (bench) => {
    const before = await smart(bench);
    const handles = start(bench, 4);
    await busy(handles);
    await ended(handles, "subsystem", async () => {
      expect(await new Subsystem(bench.controller).reset()).toMatchObject({ ok: true });
    });
    await clean(bench);
    expect(await smart(bench)).toEqual(before);
  },
);

behaviour(
  "B120",
  "one to sixteen workers end terminated when the power is cut, with their last commands; one unsafe shutdown is counted",
  { needs: ["power-switch", "smart-log"], spec: { maxQpairs: 17 } },
  async (bench) => {
    const counted = isQemu(bench) ? 0n : 1n;
    if (isQemu(bench)) bench.differs("QEMU's drive counts neither power cycles nor unsafe shutdowns");
    for (const most of [1, 4, 16]) {
      const before = await smart(bench);
      const handles = start(bench, most);
      await busy(handles);
      let powerOn = async () => {};
      await ended(handles, "power", async () => {
        powerOn = await bench.vanish();
      });
      await powerOn();
      expect(await bench.controller.reopen()).toMatchObject({ ok: true });
      expect(await smart(bench)).toEqual([before[0] + counted, before[1] + counted]);
      await clean(bench);
    }
  },
);

behaviour(
  "B120",
  "an error that freezes leaves everything as it is on every queue until the worker is released, and then all goes on",
  {
    on: ["model"],
    spec: { faults: [{ kind: "bad-status", opcode: 2, slba: "100", lbaCount: 8, sct: 2, sc: 0x81, times: 1 }] },
  },
  async ({ ns, qpair, controller }) => {
    const beside = ns.startIoWorker(
      worker({ worker: 1, timeMs: 60_000, sampleMs: 20, regionStartLba: 4096n, regionLbas: 4096n }) as IoWorkerOptions,
    );
    for await (const event of beside) if (event.type === "sample") break;
    const freezing = ns.startIoWorker(
      worker({ readPercent: 100, randomPercent: 0, passes: 1, depth: 4, onError: "freeze" }) as IoWorkerOptions,
    );
    let frozen: IoWorkerEvent | null = null;
    for await (const event of freezing) {
      if (event.type !== "frozen") continue;
      frozen = event;
      break;
    }
    expect(frozen).toMatchObject({ opcode: 2, sct: 2, sc: 0x81, slba: 96n, lbaCount: 8 });
    const refused = await Promise.allSettled([
      ns.read(qpair, 0n, new Uint8Array(512)),
      controller.getFeature(7),
      controller.reset(),
      controller.createQpair({ depth: 4 }),
      qpair.delete(),
      ns.startIoWorker(worker({ ioCount: 1 }) as IoWorkerOptions).result,
      controller.close(),
    ]);
    for (const each of refused) expect(each).toMatchObject({ status: "rejected", reason: { code: "ERR_FROZEN" } });
    // Nobody sends: neither worker ends, whatever it is told.
    beside.stop();
    const still = await Promise.race([
      freezing.result.then(() => "ended"),
      beside.result.then(() => "ended"),
      new Promise((resolve) => setTimeout(() => resolve("frozen"), 200)),
    ]);
    expect(still).toBe("frozen");
    freezing.release();
    const result = await freezing.result;
    expect(result).toMatchObject({ end: "frozen", errors: [{ sct: 2, sc: 0x81, action: "freeze" }], inFlight: 0 });
    expect(await beside.result).toMatchObject({ end: "stopped", errors: [] });
    expect(await ns.read(qpair, 100n, new Uint8Array(512))).toMatchObject({ sct: 0, sc: 0 });
    expect(await controller.reset()).toMatchObject({ ok: true });
  },
);
