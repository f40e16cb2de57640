/** A bring-up by the script, with the driver's own queues over it (B030, X09). */
import { BareDevice, type Controller, driver, type Initialise, type Qpair, type RawCommand } from "../../src";
import { worker } from "../bench-drive";
import { behaviour, type ConformanceBench } from "./behaviour";
import { BY_HAND, status } from "./by-hand";
import { bringUpFor, byScript } from "./by-script";
import { works } from "./drive-works";

/** Queue pairs that the script asks for. */
const ASKED = 2;

/** So many more queue pairs can be created and no other; they are deleted again. */
async function expectRoomFor(controller: Controller, count: number): Promise<void> {
  const made: Qpair[] = [];
  for (let i = 0; i < count; i++) made.push(await controller.createQpair({ depth: 8 }));
  await expect(controller.createQpair({ depth: 8 })).rejects.toMatchObject({ code: "ERR_QPAIR" });
  for (const qpair of made) await qpair.delete();
}

/** Foreign drives may grant more than was asked for (NVMe Base 2.0, 5.27.1.5); the software drive grants what was asked. */
function expectGrants({ host }: ConformanceBench, grants: number[], count: number): void {
  expect(grants).toHaveLength(count);
  if (host === "model") expect(new Set(grants)).toEqual(new Set([ASKED]));
  for (const granted of grants) expect(granted).toBeGreaterThanOrEqual(ASKED);
}

behaviour(
  "B030",
  "a script's own bring-up that asks for two queue pairs gets exactly those that were granted",
  BY_HAND,
  async (bench) => {
    const grants: number[] = [];
    await byScript(bench, bringUpFor(ASKED, grants), async (controller) => {
      expect(controller.identity.model).toBe(bench.controller.identity.model);
      const first = await controller.createQpair({ depth: 8 });
      await expectRoomFor(controller, grants[0]! - 1);
      await works(await controller.namespace(1), first);
    });
    expectGrants(bench, grants, 1);
  },
);

behaviour(
  "B030",
  "each reset runs it again: as many queue pairs as before, and the one that there is works on",
  BY_HAND,
  async (bench) => {
    const grants: number[] = [];
    await byScript(bench, bringUpFor(ASKED, grants), async (controller) => {
      const first = await controller.createQpair({ depth: 8 });
      const ns = await controller.namespace(1);
      // A request for events is outstanding all the time.
      void controller.commands.events().next();
      for (const again of [() => controller.reset(), () => controller.reset(), ...powerCycle(bench, controller)]) {
        const running = ns.startIoWorker(worker({ depth: 4, timeMs: 3_600_000, sampleMs: 10 }));
        for await (const seen of running) if (seen.type === "sample") break;
        const report = await again();
        expect(report).toMatchObject({ ok: true, reason: null });
        expect(report.readyMs).toBeGreaterThan(0);
        expect((await running.result).end).toBe("terminated");
        await works(ns, first);
        await expectRoomFor(controller, grants[0]! - 1);
      }
    });
    expectGrants(bench, grants, bench.drive === null ? 3 : 4);
  },
);

/** Off, on and opened again, where somebody can. */
function powerCycle({ drive }: ConformanceBench, controller: Controller) {
  if (drive === null) return [];
  return [
    async () => {
      await driver.modelPower(drive, "off");
      await driver.modelPower(drive, "on");
      return controller.reopen();
    },
  ];
}

behaviour("B030", "reopen lets the function go, takes it again and runs it again", BY_HAND, async (bench) => {
  const grants: number[] = [];
  await byScript(bench, bringUpFor(ASKED, grants), async (controller) => {
    const qpair = await controller.createQpair({ depth: 8 });
    const ns = await controller.namespace(1);
    expect(await controller.reopen()).toMatchObject({ ok: true, reason: null });
    await works(ns, qpair);
  });
  expectGrants(bench, grants, 2);
});

behaviour(
  "B030",
  "a bring-up that throws in a reset settles everything, and the next reset works",
  BY_HAND,
  async (bench) => {
    const usual = bringUpFor(ASKED, []);
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
  "over a socket no script brings a controller up, and the error says so",
  { on: ["spdk-tcp"] },
  async (bench) => {
    await bench.controller.close();
    const open = driver.open(bench.controller.address, { initialise: (_controller, steps) => steps.setUpAdminQueue() });
    await expect(open).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: expect.stringContaining(`${bench.host}: `),
    });
  },
);

behaviour("X09", "a queue id can be taken once, by the driver or by hand", BY_HAND, (bench) =>
  byScript(bench, bringUpFor(ASKED, []), async (controller) => {
    const { qid } = await controller.createQpair({ depth: 8 });
    const device = new BareDevice(controller);
    const statusOf = async (command: RawCommand) => status(await controller.admin(command));
    expect(await statusOf(device.completionQueue({ qid, entries: 4 }).createCommand())).toBe("01/01");
    const next = device.completionQueue({ qid: qid + 1, entries: 4 });
    expect(await statusOf(next.createCommand())).toBe("00/00");
    await expect(controller.createQpair({ depth: 4 })).rejects.toMatchObject({
      code: "ERR_QPAIR",
      message: expect.stringContaining("01/01"),
    });
    expect(await statusOf(next.deleteCommand())).toBe("00/00");
    expect((await controller.createQpair({ depth: 4 })).qid).toBe(qid + 1);
  }),
);
