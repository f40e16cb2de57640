/** Zoned namespaces (X10). */
import { expectStatus, statusText, ZonedNamespace } from "../../src";
import { worker } from "../bench-drive";
import { behaviour, type ConformanceBench } from "./behaviour";
import { filled, firstBytes } from "./sectors";

const ZONED = {
  namespaces: [
    {
      capacityBytes: 8n << 20n,
      lbaBytes: 4096 as const,
      zoned: { zoneBytes: 1n << 20n, maxOpen: 2, maxActive: 3, readOnly: [6], offline: [7] },
    },
  ],
};

/** The first two are shown on any drive that has such a namespace; worn zones are the software drive's. */
const ANY = { on: ["model", "spdk-pcie"] as const, spec: ZONED };

async function zonedOf(bench: ConformanceBench) {
  const { controller } = bench;
  for (const nsid of await controller.activeNamespaces()) {
    const ns = await controller.namespace(nsid);
    const zns = await ZonedNamespace.of(controller, ns).catch((reason) => {
      expect(reason).toMatchObject({ code: "ERR_UNSUPPORTED" });
      return null;
    });
    if (zns === null) continue;
    expectStatus(await zns.reset(bench.qpair, "all"));
    return { ...bench, ns, zns };
  }
  return bench.skip("no namespace of the drive is zoned");
}

behaviour("X10", "a worker fills a zone: empty, implicitly opened, full; a reset empties it", ANY, async (given) => {
  const bench = await zonedOf(given);
  const { ns, qpair, zns } = bench;
  expect(zns.facts).toMatchObject({ zoneLbas: 256n, zoneCount: 8, maxOpen: 2, maxActive: 3 });
  expect((await zns.zone(qpair, 256n)).state).toBe("empty");
  expectStatus(await ns.write(qpair, 256n, filled(bench, 1, 1)));
  expect(await zns.zone(qpair, 256n)).toMatchObject({ state: "implicitlyOpened", writePointer: 257n });
  expectStatus(await zns.reset(qpair, 256n));
  const region = { regionStartLba: 256n, regionLbas: 256n, passes: 1, depth: 1 };
  const fill = worker({ nsid: ns.nsid, sizeBytes: 4096, randomPercent: 0, readPercent: 0, ...region });
  expect(await ns.startIoWorker(fill).result).toMatchObject({
    end: "done",
    errors: [],
    writes: 256n,
  });
  expect(await zns.zone(qpair, 256n)).toMatchObject({ state: "full", writePointer: null });
  expectStatus(await ns.write(qpair, 256n, filled(bench, 1, 1)), 1, 0xb9);
  expectStatus(await zns.reset(qpair, 256n));
  expect(await zns.zone(qpair, 256n)).toMatchObject({ state: "empty", writePointer: 256n });
  expect(await firstBytes(bench, 256n, 1)).toEqual([0]);
});

behaviour("X10", "an append tells where it went", ANY, async (given) => {
  const bench = await zonedOf(given);
  const { qpair, zns } = bench;
  for (const [i, expected] of [512n, 514n, 516n].entries()) {
    const { completion, lba } = await zns.append(qpair, 512n, filled(bench, 2, i + 1));
    expectStatus(completion);
    expect(lba).toBe(expected);
  }
  expect(await firstBytes(bench, 512n, 6)).toEqual([1, 1, 2, 2, 3, 3]);
  expect(await zns.zone(qpair, 600n)).toMatchObject({ state: "implicitlyOpened", writePointer: 518n });
  expectStatus((await zns.append(qpair, 513n, filled(bench, 1, 1))).completion, 0, 2);
});

behaviour("X10", "zone statuses are those of the specification", { on: ["model"], spec: ZONED }, async (bench) => {
  const { controller, ns, qpair } = bench;
  const zns = await ZonedNamespace.of(controller, ns);
  const at = (zone: number) => BigInt(zone) * zns.facts.zoneLbas;
  const write = async (zone: number, offset = 0n, lbas = 1) =>
    statusText(await ns.write(qpair, at(zone) + offset, filled(bench, lbas, 1)));
  expect(await write(0, 1n)).toBe("01/bc");
  expect(await write(0, 0n, 250)).toBe("00/00");
  expect(await write(0, 250n, 7)).toBe("01/b8");
  expect([await write(6), await write(7)]).toEqual(["01/ba", "01/bb"]);
  expectStatus(await ns.read(qpair, at(7), filled(bench, 1, 0)), 1, 0xbb);
  expectStatus(await zns.finish(qpair, at(6)), 1, 0xbf);
  expectStatus(await zns.offline(qpair, at(6)));
  expectStatus(await zns.close(qpair, at(1)), 1, 0xbf);
  // Two are open and one is closed: no third may be opened, no fourth be active.
  expectStatus(await zns.open(qpair, at(0)));
  expectStatus(await zns.open(qpair, at(1)));
  expectStatus(await zns.open(qpair, at(2)), 1, 0xbe);
  expect(await write(1)).toBe("00/00");
  expectStatus(await zns.close(qpair, at(1)));
  expectStatus(await zns.open(qpair, at(2)));
  expectStatus(await zns.open(qpair, at(3)), 1, 0xbd);
  const closed = await zns.reportZones(qpair, { state: "closed" });
  expect(closed.zones.map((zone) => zone.slba)).toEqual([at(1)]);
  expectStatus(await zns.reset(qpair, "all"));
  expect((await zns.reportZones(qpair, { state: "empty" })).matching).toBe(6n);
});
