/** A bring-up by the script, with the driver's own queues over it (B030). */
import { type Controller, driver, expectStatus, type Initialise } from "../../src";
import { worker } from "../bench-drive";
import { behaviour, type ConformanceBench } from "./behaviour";
import { works } from "./drive-works";

const MODEL = { on: ["model"] as const };
const SPDK = { on: ["spdk-tcp", "spdk-vfio-user", "spdk-pcie"] as const };

/** A bring-up that asks for two queue pairs; what was granted is added to `calls`. */
const twoPairs = (calls: number[]): Initialise => {
  return async (controller, steps) => {
    await controller.writeRegister(0x14, 0n, 4);
    await steps.waitReady(false);
    await steps.setUpAdminQueue();
    await controller.writeRegister(0x14, 0x0046_0000n, 4);
    await controller.writeRegister(0x14, 0x0046_0001n, 4);
    expect(await steps.waitReady(true)).toBeGreaterThan(0);
    const granted = expectStatus(await controller.setFeature(7, 0x0001_0001));
    calls.push(granted.cdw0);
  };
};

async function byScript(
  bench: ConformanceBench,
  initialise: Initialise,
  body: (controller: Controller) => Promise<void>,
) {
  await bench.controller.close();
  const controller = await driver.open(bench.controller.address, { initialise });
  try {
    await body(controller);
  } finally {
    await controller.close();
  }
}

behaviour("B030", "a script's own bring-up that asks for two queue pairs gets exactly two", MODEL, async (bench) => {
  const calls: number[] = [];
  await byScript(bench, twoPairs(calls), async (controller) => {
    expect(controller.identity.model).toBe(bench.controller.identity.model);
    const first = await controller.createQpair({ depth: 8 });
    await controller.createQpair({ depth: 8 });
    await expect(controller.createQpair({ depth: 8 })).rejects.toMatchObject({ code: "ERR_QPAIR" });
    await works(await controller.namespace(1), first);
  });
  expect(calls).toEqual([0x0001_0001]);
});

behaviour(
  "B030",
  "each reset and reopen runs it again: two queue pairs stay two, and work on",
  MODEL,
  async (bench) => {
    const calls: number[] = [];
    await byScript(bench, twoPairs(calls), async (controller) => {
      const first = await controller.createQpair({ depth: 8 });
      const ns = await controller.namespace(1);
      // A request for events is outstanding all the time.
      void controller.commands.events().next();
      for (const again of [
        () => controller.reset(),
        () => controller.reset(),
        async () => {
          await driver.modelPower(bench.drive!, "off");
          await driver.modelPower(bench.drive!, "on");
          return controller.reopen();
        },
      ]) {
        const running = ns.startIoWorker(worker({ depth: 4, timeMs: 3_600_000, sampleMs: 10 }));
        for await (const seen of running) if (seen.type === "sample") break;
        const report = await again();
        expect(report).toMatchObject({ ok: true, reason: null });
        expect(report.readyMs).toBeGreaterThan(0);
        expect((await running.result).end).toBe("terminated");
        await works(ns, first);
        const second = await controller.createQpair({ depth: 8 });
        await expect(controller.createQpair({ depth: 8 })).rejects.toMatchObject({ code: "ERR_QPAIR" });
        await second.delete();
      }
    });
    expect(calls).toEqual([0x0001_0001, 0x0001_0001, 0x0001_0001, 0x0001_0001]);
  },
);

behaviour(
  "B030",
  "a bring-up that throws in a reset settles everything, and the next reset works",
  MODEL,
  async (bench) => {
    const usual = twoPairs([]);
    let broken = false;
    const initialise: Initialise = async (controller, steps) => {
      if (broken) throw new Error("not today");
      await usual(controller, steps);
    };
    await byScript(bench, initialise, async (controller) => {
      const qpair = await controller.createQpair({ depth: 8 });
      const ns = await controller.namespace(1);
      const running = ns.startIoWorker(worker({ depth: 4, timeMs: 3_600_000, sampleMs: 10 }));
      for await (const seen of running) if (seen.type === "sample") break;
      broken = true;
      await expect(controller.reset()).rejects.toThrow("not today");
      expect((await running.result).end).toBe("terminated");
      broken = false;
      expect((await controller.reset()).ok).toBe(true);
      await works(ns, qpair);
    });
  },
);

behaviour(
  "B030",
  "over SPDK's own queues no script brings a controller up, and the error says so",
  SPDK,
  async (bench) => {
    await bench.controller.close();
    const open = driver.open(bench.controller.address, { initialise: (_controller, steps) => steps.setUpAdminQueue() });
    await expect(open).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: expect.stringContaining(`${bench.host}: `),
    });
  },
);
