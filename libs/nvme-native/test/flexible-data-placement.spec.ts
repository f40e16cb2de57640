/** Flexible Data Placement of the software drive, and by name (NVMe Base 2.1, 8.1.10). */
import {
  type Completion,
  driver,
  expectStatus,
  FlexibleDataPlacement,
  type ModelDriveSpec,
  type Namespace,
  namespacePage,
  Placement,
  placementIdentifier,
  placementParts,
  type Qpair,
} from "../src";
import { type Bench, codeOf, withDrive } from "./bench-drive";

const MIB = 1n << 20n;
const UNIT = 256n * 1024n;
const LBA = 4096;
const UNIT_LBAS = UNIT / BigInt(LBA);
const ISOLATED = "persistently-isolated";
const MIXED = "initially-isolated";
const INVALID_HANDLES = 0x2a;
const CONFIGURATIONS = [
  { reclaimUnitHandles: [MIXED, MIXED, ISOLATED], reclaimUnitBytes: UNIT },
  { reclaimGroups: 3, reclaimUnitHandles: [ISOLATED, MIXED], reclaimUnitBytes: 2n * UNIT, timeLimitSeconds: 3600 },
] satisfies NonNullable<ModelDriveSpec["fdp"]>["configurations"];

/** Begins with a configuration, and one namespace of its whole capacity. */
const enabled = (index: number, placementHandles?: number[]): Partial<ModelDriveSpec> => ({
  capacityBytes: 8n * MIB,
  volatileCache: false,
  fdp: { configurations: CONFIGURATIONS, enabled: index },
  namespaces: [{ capacityBytes: 8n * MIB, lbaBytes: 4096, ...(placementHandles && { placementHandles }) }],
});
const off: Partial<ModelDriveSpec> = { fdp: { configurations: CONFIGURATIONS }, capacityBytes: 8n * MIB };

const groupOf = ({ controller }: Bench) => new FlexibleDataPlacement(controller);
const placementOf = ({ controller, ns }: Bench) => new Placement(controller, ns);
const lbas = (count: number) => new Uint8Array(count * LBA);
const status = (promise: Promise<unknown>) => promise.then(() => null).catch((e: Error) => e.message);

async function available(bench: Bench): Promise<Record<number, bigint>> {
  const handles = await placementOf(bench).reclaimUnitHandles(bench.qpair);
  return Object.fromEntries(handles.map((h) => [h.placementIdentifier, h.availableLbas]));
}

async function empty({ controller }: Bench): Promise<void> {
  expectStatus(await controller.commands.deleteNamespace(0xffff_ffff));
}

async function create(bench: Bench, wanted: { lbaFormat?: number; placementHandles?: number[] }): Promise<Completion> {
  const page = namespacePage({ lbaCount: 256n, lbaFormat: 1, enduranceGroup: 1, ...wanted });
  return bench.controller.commands.createNamespace(page);
}

async function attached(bench: Bench, wanted: { lbaFormat?: number; placementHandles?: number[] }): Promise<Namespace> {
  const { cdw0: nsid } = expectStatus(await create(bench, wanted));
  expectStatus(await bench.controller.commands.attachNamespace(nsid, [0]));
  return bench.controller.namespace(nsid);
}

describe("a drive that can place data", () => {
  test("says so, lists its configurations and is switched on and off while its group is empty", () =>
    withDrive({ spec: off }, async (bench) => {
      const group = groupOf(bench);
      const raw = bench.controller.identity.raw;
      expect(new DataView(raw.buffer, raw.byteOffset).getUint32(96, true) & (1 << 19)).not.toBe(0);
      expect(await group.configurations()).toMatchObject([
        { valid: true, reclaimGroups: 1, reclaimGroupBits: 0, reclaimUnitHandles: [MIXED, MIXED, ISOLATED] },
        { reclaimGroups: 3, reclaimGroupBits: 2, reclaimUnitBytes: 2n * UNIT, timeLimitSeconds: 3600 },
      ]);
      expect((await group.configurations())[1]).toMatchObject({ maxPlacementIdentifiers: 6, volatileWriteCache: true });
      expect(await group.state()).toEqual({ enabled: false, configuration: null });
      // Switched off there is nothing to tell.
      for (const read of [() => group.usage(), () => group.statistics(), () => group.events()])
        expect(await status(read())).toMatch(/00\/29/);
      expectStatus(await group.enable(1), 0, 0x0c);
      await empty(bench);
      expectStatus(await group.enable(2), 0, 0x02);
      expectStatus(await bench.controller.setFeature(0x1d, 1, { cdw12: 0x101 }), 0, 0x02);
      expectStatus(await bench.controller.setFeature(0x1d, 2, { cdw12: 0x101, save: true }), 0, 0x02);
      expectStatus(await group.enable(1));
      expect(await group.state()).toEqual({ enabled: true, configuration: 1 });
      expect(await group.usage()).toEqual(["unused", "unused"]);
      expectStatus(await create(bench, {}));
      expectStatus(await group.disable(), 0, 0x0c);
      expectStatus(await group.enable(1));
      await empty(bench);
      expectStatus(await group.disable());
      expect((await group.state()).enabled).toBe(false);
    }));

  test("gives namespaces the reclaim unit handles that they name, or one that it chooses", () =>
    withDrive({ spec: off }, async (bench) => {
      const group = groupOf(bench);
      await empty(bench);
      expectStatus(await group.enable(0));
      for (const placementHandles of [[3], [1, 1], [0, 1, 2, 0]])
        expectStatus(await create(bench, { placementHandles }), 0, INVALID_HANDLES);
      expectStatus(await create(bench, { placementHandles: [2, 0] }));
      expect(await group.usage()).toEqual(["host", "unused", "host"]);
      // Who shares a handle has the same format.
      expectStatus(await create(bench, { placementHandles: [0], lbaFormat: 0 }), 1, 0x0a);
      expectStatus(await create(bench, { placementHandles: [0] }));
      expectStatus(await create(bench, { lbaFormat: 0 }));
      expect(await group.usage()).toEqual(["host", "controller", "host"]);
      expectStatus(await create(bench, { placementHandles: [1], lbaFormat: 0 }), 0, INVALID_HANDLES);
    }));
});

describe("a drive that cannot", () => {
  test("knows nothing of it", () =>
    withDrive({}, async (bench) => {
      const group = groupOf(bench);
      const placement = placementOf(bench);
      expect(await status(group.configurations())).toMatch(/01\/09/);
      expect(await status(group.state())).toMatch(/00\/02/);
      expect(await status(placement.reclaimUnitHandles(bench.qpair))).toMatch(/00\/01/);
      expectStatus(await placement.enable(), 0, 0x02);
      expect(await placement.directives()).toEqual({ supported: false, enabled: false });
      expectStatus(await bench.ns.write(bench.qpair, 0n, new Uint8Array(512), { placement: 0 }), 0, 0x02);
    }));
});

describe("a namespace with placement handles", () => {
  const TWO = enabled(0, [2, 0]);

  test("has its writes where they say, once its directive is enabled", () =>
    withDrive({ spec: TWO }, async (bench) => {
      const { ns, qpair } = bench;
      const placement = placementOf(bench);
      expect(await placement.reclaimUnitHandles(qpair)).toMatchObject([
        { placementIdentifier: 0, reclaimUnitHandle: 2, availableLbas: UNIT_LBAS, secondsRemaining: 0 },
        { placementIdentifier: 1, reclaimUnitHandle: 0, availableLbas: UNIT_LBAS },
      ]);
      // Without it the field means nothing.
      expect(await placement.directives()).toEqual({ supported: true, enabled: false });
      expectStatus(await ns.write(qpair, 0n, lbas(1), { placement: 1 }));
      expect(await available(bench)).toEqual({ 0: UNIT_LBAS - 1n, 1: UNIT_LBAS });
      expectStatus(await placement.enable());
      expect(await placement.directives()).toEqual({ supported: true, enabled: true });
      expectStatus(await ns.write(qpair, 0n, lbas(3), { placement: 1 }));
      expectStatus(await ns.writeZeroes(qpair, 8n, 4, { placement: 1 }));
      expectStatus(await ns.writeUncorrectable(qpair, 16n, 2, { placement: 1 }));
      expectStatus(await ns.copy(qpair, [{ slba: 0n, lbaCount: 2 }], 32n, { placement: 1 }));
      expectStatus(await ns.write(qpair, 40n, lbas(2)));
      expect(await available(bench)).toEqual({ 0: UNIT_LBAS - 3n, 1: UNIT_LBAS - 11n });
      const { hostBytesWritten, mediaBytesWritten } = await groupOf(bench).statistics();
      expect(hostBytesWritten).toBe(14n * BigInt(LBA));
      expect(mediaBytesWritten).toBe(hostBytesWritten);
      // It outlives a reset.
      await bench.controller.reset();
      expect((await placement.directives()).enabled).toBe(true);
      expectStatus(await placement.enable(false));
      expect((await placement.directives()).enabled).toBe(false);
    }));

  test("gets an empty reclaim unit when one is full, and when a host asks for it", () =>
    withDrive({ spec: TWO }, async (bench) => {
      const { ns, qpair } = bench;
      const placement = placementOf(bench);
      expectStatus(await placement.enable());
      expectStatus(await placement.setEvents(1, ["reclaimUnitNotFullyWritten"]));
      expectStatus(await ns.write(qpair, 0n, lbas(Number(UNIT_LBAS)), { placement: 1 }));
      expect((await available(bench))[1]).toBe(UNIT_LBAS);
      expectStatus(await ns.write(qpair, 0n, lbas(5), { placement: 1 }));
      expect((await available(bench))[1]).toBe(UNIT_LBAS - 5n);
      // Of the two only one has anything in it to leave.
      expectStatus(await placement.updateReclaimUnitHandles(qpair, [0, 1]));
      expect((await available(bench))[1]).toBe(UNIT_LBAS);
      expect(await groupOf(bench).events()).toMatchObject([
        { type: "reclaimUnitNotFullyWritten", placementIdentifier: 1, nsid: 1, reclaimGroup: 0, reclaimUnitHandle: 0 },
      ]);
      for (const wrong of [[2], [0, 0xffff], [0, 0, 0, 0]])
        expectStatus(await placement.updateReclaimUnitHandles(qpair, wrong), 0, 0x02);
      expect(await groupOf(bench).events("controller")).toEqual([]);
    }));

  test("has a write with an invalid identifier at its first handle, and tells of it where that is wanted", () =>
    withDrive({ spec: TWO }, async (bench) => {
      const { ns, qpair } = bench;
      const placement = placementOf(bench);
      const group = groupOf(bench);
      expectStatus(await placement.enable());
      expectStatus(await ns.write(qpair, 0n, lbas(1), { placement: 9 }));
      expect(await group.events()).toEqual([]);
      expect((await placement.events(0)).filter((each) => each.enabled)).toEqual([]);
      expectStatus(await placement.setEvents(0, ["invalidPlacementIdentifier", "reclaimUnitTimeLimitExceeded"]));
      expect((await placement.events(0)).filter((each) => each.enabled).map(({ code }) => code)).toEqual([1, 3]);
      expect((await placement.events(1)).filter((each) => each.enabled)).toEqual([]);
      expectStatus(await ns.write(qpair, 0n, lbas(1), { placement: 0x8001 }));
      const event = { type: "invalidPlacementIdentifier", placementIdentifier: 0x8001, nsid: 1, reclaimUnitHandle: 2 };
      expect(await group.events()).toMatchObject([event]);
      expect((await available(bench))[0]).toBe(UNIT_LBAS - 2n);
      expectStatus(await placement.setEvents(0, [3], { enabled: false }));
      expectStatus(await ns.write(qpair, 0n, lbas(1), { placement: 9 }));
      expect(await group.events()).toHaveLength(1);
      expectStatus(await placement.setEvents(2, [3]), 0, 0x02);
      expectStatus(await placement.setEvents(0, [0x81]), 0, 0x02);
    }));

  test("is named by group and handle, as the configuration divides an identifier", () =>
    withDrive({ spec: enabled(1, [1, 0]) }, async (bench) => {
      const { ns, qpair } = bench;
      const [, configuration] = await groupOf(bench).configurations();
      const identifier = placementIdentifier(configuration!, 1, 2);
      expect(identifier).toBe(0x8001);
      expect(placementParts(configuration!, identifier)).toEqual({ reclaimGroup: 2, placementHandle: 1 });
      expectStatus(await placementOf(bench).enable());
      expectStatus(await ns.write(qpair, 0n, lbas(1), { placement: identifier }));
      const handles = await placementOf(bench).reclaimUnitHandles(qpair);
      expect(handles.map((h) => h.placementIdentifier)).toEqual([0, 0x4000, 0x8000, 1, 0x4001, 0x8001]);
      expect(handles.map((h) => Number(2n * UNIT_LBAS - h.availableLbas))).toEqual([0, 0, 0, 0, 0, 1]);
      expect(handles.every((h) => h.secondsRemaining > 0 && h.secondsRemaining <= 3600)).toBe(true);
      // What fits into the buffer is told.
      expect(await placementOf(bench).reclaimUnitHandles(qpair, { limit: 2 })).toHaveLength(2);
    }));
});

describe("write amplification", () => {
  /** A quarter of the drive is written over and over, in between the rest is once. */
  async function amplification(cold: number): Promise<number> {
    let factor = 0;
    await withDrive({ spec: enabled(0, [0, 1]) }, async (bench) => {
      const { ns, qpair } = bench;
      expectStatus(await placementOf(bench).enable());
      const total = Number(ns.identity.lbaCount);
      const coldLbas = (total * 3) / 4;
      for (let round = 0; round < coldLbas; round++) {
        expectStatus(await ns.write(qpair, BigInt(round), lbas(1), { placement: cold }));
        const hot = coldLbas + ((round * 4) % (total - coldLbas));
        expectStatus(await ns.write(qpair, BigInt(hot), lbas(4), { placement: 0 }));
      }
      const group = await groupOf(bench).statistics();
      expect(group.mediaBytesErased).toBeGreaterThan(0n);
      factor = Number(group.mediaBytesWritten) / Number(group.hostBytesWritten);
    });
    return factor;
  }

  test("is there where data of two lives lie together, and gone where they are placed apart", async () => {
    expect(await amplification(1)).toBe(1);
    expect(await amplification(0)).toBeGreaterThan(1.05);
  });

  test("is told as an event, and in the log of the endurance group's media", () =>
    withDrive({ spec: enabled(0, [0]) }, async (bench) => {
      const { ns, qpair } = bench;
      expectStatus(await placementOf(bench).setEvents(0, ["mediaReallocated"]));
      const worker = ns.startIoWorker({ sizeBytes: 4096, readPercent: 0, ioCount: 12_000, depth: 16, seed: 3n });
      expect((await worker.result).end).toBe("done");
      const moves = await groupOf(bench).events("controller");
      expect(moves.length).toBeGreaterThan(0);
      for (const { type, moved } of moves) {
        expect(type).toBe("mediaReallocated");
        expect(moved!.blocks).toBeGreaterThan(0);
      }
      const { hostBytesWritten, mediaBytesWritten } = await groupOf(bench).statistics();
      expect(hostBytesWritten).toBe(12_000n * 4096n);
      expect(mediaBytesWritten).toBeGreaterThan(hostBytesWritten);
      // Nobody needs what was deallocated: the next round moves nothing of it.
      expectStatus(await ns.deallocate(qpair, [{ slba: 0n, lbaCount: Number(ns.identity.lbaCount) }]));
      expectStatus(await ns.write(qpair, 0n, lbas(Number(UNIT_LBAS))));
      expect((await groupOf(bench).statistics()).mediaBytesWritten - mediaBytesWritten).toBe(UNIT);
    }));
});

describe("an ioworker's writes", () => {
  const load = { sizeBytes: 4096, readPercent: 50, ioCount: 400, depth: 8, seed: 9n };
  /** LBAs by placement identifier, small enough not to fill a reclaim unit. */
  async function placed(bench: Bench): Promise<Record<number, number>> {
    return Object.fromEntries(
      Object.entries(await available(bench)).map(([id, left]) => [id, Number(UNIT_LBAS - left)]),
    );
  }

  test("go to one place, to a list or by weights, and places change nothing else of the load", async () => {
    const figures: object[] = [];
    const weights = [
      { identifier: 1, weight: 9 },
      { identifier: 2, weight: 1 },
    ];
    for (const placement of [undefined, 1, [0, 1, 2], weights]) {
      await withDrive({ spec: enabled(0, [0, 1, 2]) }, async (bench) => {
        expectStatus(await placementOf(bench).enable());
        const options = { ...load, ioCount: 60, lastCommands: 60, ...(placement !== undefined && { placement }) };
        const { lastCommands, end } = await bench.ns.startIoWorker(options).result;
        expect(end).toBe("done");
        figures.push(lastCommands.map(({ opcode, slba }) => `${opcode} ${slba}`).sort());
        const where = await placed(bench);
        const writes = where[0]! + where[1]! + where[2]!;
        expect(writes).toBeGreaterThan(0);
        if (placement === undefined) expect(where).toEqual({ 0: writes, 1: 0, 2: 0 });
        if (placement === 1) expect(where).toEqual({ 0: 0, 1: writes, 2: 0 });
        if (Array.isArray(placement) && placement.length === 3)
          expect(Math.min(...Object.values(where))).toBeGreaterThan(0);
        if (Array.isArray(placement) && placement.length === 2) {
          expect(where[0]).toBe(0);
          expect(where[1]).toBeGreaterThan(where[2]!);
        }
      });
    }
    for (const each of figures) expect(each).toEqual(figures[0]);
  });

  test("are verified as ever", () =>
    withDrive({ spec: enabled(0, [0, 1, 2]) }, async ({ ns, controller, folder }) => {
      expectStatus(await new Placement(controller, ns).enable());
      await ns.openVerifyTable(`${folder}/table`, 1n);
      const options = { ...load, ioCount: 2000, verify: true, placement: [0, 1, 2, 77] };
      const result = await ns.startIoWorker(options).result;
      expect(result).toMatchObject({ end: "done", errors: [] });
      const region = { regionStartLba: 0n, regionLbas: ns.identity.lbaCount };
      const swept = await ns.verify({ rule: "exact", ...region, written: true });
      expect(swept.miscompares).toEqual([]);
    }));
});

describe("what a drive knows of its reclaim units", () => {
  test("outlives closing, resets and a power cut", () =>
    withDrive({ spec: enabled(0, [2, 0]) }, async (bench) => {
      const { ns, qpair, drive } = bench;
      const placement = placementOf(bench);
      expectStatus(await placement.enable());
      expectStatus(await placement.setEvents(0, ["invalidPlacementIdentifier"], { save: true }));
      expectStatus(await placement.setEvents(1, ["invalidPlacementIdentifier"]));
      expectStatus(await ns.write(qpair, 0n, lbas(3), { placement: 1 }));
      expectStatus(await ns.write(qpair, 8n, lbas(2), { placement: 7 }));
      const told = async (on: { ns: Namespace; qpair: Qpair; controller: Bench["controller"] }) => ({
        state: await new FlexibleDataPlacement(on.controller).state(),
        usage: await new FlexibleDataPlacement(on.controller).usage(),
        statistics: await new FlexibleDataPlacement(on.controller).statistics(),
        events: await new FlexibleDataPlacement(on.controller).events(),
        handles: await new Placement(on.controller, on.ns).reclaimUnitHandles(on.qpair),
        directives: await new Placement(on.controller, on.ns).directives(),
      });
      const before = await told(bench);
      expect(before).toMatchObject({ usage: ["host", "unused", "host"], directives: { enabled: true } });
      expect(before.events).toHaveLength(1);
      await bench.controller.close();
      for (const cut of [false, true]) {
        if (cut) {
          await driver.modelPower(drive, "off");
          await driver.modelPower(drive, "on");
        }
        const controller = await driver.open({ transport: "model", path: drive });
        const again = {
          controller,
          ns: await controller.namespace(1),
          qpair: await controller.createQpair({ depth: 4 }),
        };
        expect(await told(again)).toEqual(before);
        const events = async (handle: number) =>
          (await new Placement(controller, again.ns).events(handle)).some((each) => each.enabled);
        // What was not saved went with the reset that opening is.
        expect([await events(0), await events(1)]).toEqual([true, false]);
        await controller.close();
      }
    }));

  test("goes with the namespace, and a format gives up what was written", () =>
    withDrive({ spec: off }, async (bench) => {
      const group = groupOf(bench);
      await empty(bench);
      expectStatus(await group.enable(0));
      const first = await attached(bench, { placementHandles: [0] });
      const second = await attached(bench, { placementHandles: [0, 1] });
      expectStatus(await bench.controller.format(first.nsid, { lbaFormat: 0 }), 1, 0x0a);
      expectStatus(await bench.controller.format(first.nsid, { lbaFormat: 1 }));
      expectStatus(await bench.controller.commands.deleteNamespace(first.nsid));
      expectStatus(await bench.controller.format(second.nsid, { lbaFormat: 0 }));
      expectStatus(await bench.controller.commands.deleteNamespace(second.nsid));
      expect(await group.usage()).toEqual(["unused", "unused", "unused"]);
    }));
});

describe("a wrong argument", () => {
  test.each<[string, Partial<ModelDriveSpec>]>([
    ["no configuration", { fdp: { configurations: [] } }],
    ["no handle", { fdp: { configurations: [{ reclaimUnitHandles: [], reclaimUnitBytes: UNIT }] } }],
    [
      "too small a reclaim unit",
      { fdp: { configurations: [{ reclaimUnitHandles: [MIXED], reclaimUnitBytes: 4096n }] } },
    ],
    [
      "more reclaim units than there can be",
      {
        capacityBytes: 1n << 30n,
        fdp: { configurations: [{ reclaimUnitHandles: [MIXED], reclaimUnitBytes: 65_536n }] },
      },
    ],
    [
      "too few bits for the groups",
      {
        fdp: {
          configurations: [
            { reclaimGroups: 5, reclaimGroupBits: 2, reclaimUnitHandles: [MIXED], reclaimUnitBytes: UNIT },
          ],
        },
      },
    ],
    ["a configuration that is not there", { fdp: { configurations: CONFIGURATIONS, enabled: 2 } }],
    ["a handle that is not there", enabled(1, [2])],
    ["a handle twice", enabled(0, [1, 1])],
    ["handles without placement", { namespaces: [{ capacityBytes: MIB, lbaBytes: 512, placementHandles: [0] }] }],
    [
      "zones",
      {
        fdp: { configurations: CONFIGURATIONS, enabled: 0 },
        namespaces: [{ capacityBytes: MIB, lbaBytes: 512, zoned: { zoneBytes: MIB } }],
      },
    ],
  ])("of a drive is refused: %s", async (_, spec) => {
    expect(await codeOf(() => withDrive({ spec }, async () => {}))).toBe("ERR_ARGUMENT");
  });

  test("of a command is refused before anything is sent", () =>
    withDrive({ spec: enabled(0, [0, 1]) }, async (bench) => {
      const { ns, qpair } = bench;
      const placement = placementOf(bench);
      const wrong: (() => unknown)[] = [
        () => ns.write(qpair, 0n, lbas(1), { placement: 65_536 }),
        () => ns.write(qpair, 0n, lbas(1), { placement: 1, stream: 1 }),
        () => ns.read(qpair, 0n, lbas(1), { placement: 1 }),
        () => ns.writeZeroes(qpair, 0n, 1, { placement: -1 }),
        () => placement.updateReclaimUnitHandles(qpair, []),
        () => placement.setEvents(0, ["no such event" as never]),
        () => groupOf(bench).enable(256),
        () => placementIdentifier({ reclaimGroupBits: 0 }, 0, 1),
        () => placementIdentifier({ reclaimGroupBits: 4 }, 4096),
        () => namespacePage({ lbaCount: 1n, lbaFormat: 0, placementHandles: Array(129).fill(0) }),
        () => ns.startIoWorker({ ioCount: 1, placement: [] }),
        () => ns.startIoWorker({ ioCount: 1, placement: [{ identifier: 0, weight: 0 }] }),
        () =>
          ns.startIoWorker({
            ioCount: 1,
            placement: 1,
            operations: [{ opcode: "write", percent: 100, cdw: { cdw12: 1 << 20 } }],
          }),
      ];
      for (const call of wrong) expect(await codeOf(async () => call())).toBe("ERR_ARGUMENT");
    }));
});
