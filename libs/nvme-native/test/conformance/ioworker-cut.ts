/** Workers whose drive is taken away (B120). */
import { driver, field, type IoWorker, type IoWorkerOptions, type IoWorkerResult, Subsystem } from "../../src";
import { worker } from "../bench-drive";
import { behaviour, type ConformanceBench } from "./behaviour";

const KEPT = 64;

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

/** All end as terminated, and each has its last commands, those that the drive never answered at the end. */
async function ended(handles: IoWorker[]): Promise<IoWorkerResult[]> {
  const results = await Promise.all(handles.map((handle) => handle.result));
  for (const result of results) {
    expect(result).toMatchObject({ end: "terminated", errors: [] });
    expect(result.lastCommands).toHaveLength(KEPT);
    const open = result.lastCommands.filter(({ completedNs }) => completedNs === null);
    expect(open).toHaveLength(result.inFlight);
    expect(result.lastCommands.slice(KEPT - open.length)).toEqual(open);
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
      expect(await bench.controller.reset()).toMatchObject({ ok: true });
      await ended(handles);
      await clean(bench);
    }
    expect(await smart(bench)).toEqual(before);
  },
);

behaviour(
  "B120",
  "workers end terminated at an NVM subsystem reset, and no power cycle is counted",
  { on: ["model"], needs: ["nssr", "smart-log"] },
  async (bench) => {
    const before = await smart(bench);
    const handles = start(bench, 4);
    await busy(handles);
    await new Subsystem(bench.controller).reset();
    await ended(handles);
    await clean(bench);
    expect(await smart(bench)).toEqual(before);
  },
);

behaviour(
  "B120",
  "one to sixteen workers end terminated when the power is cut, with their last commands; one unsafe shutdown is counted",
  {
    needs: ["power-switch"],
    spec: { maxQpairs: 17 },
  },
  async (bench) => {
    for (const most of [1, 4, 16]) {
      const before = await smart(bench);
      const handles = start(bench, most);
      await busy(handles);
      await driver.modelPower(bench.drive!, "off");
      await ended(handles);
      await driver.modelPower(bench.drive!, "on");
      expect(await bench.controller.reopen()).toMatchObject({ ok: true });
      expect(await smart(bench)).toEqual([before[0] + 1n, before[1] + 1n]);
      await clean(bench);
    }
  },
);
