/** One zone at a time: what `ZonedNamespace.at` gives. */
import { driver, expectStatus, ZonedNamespace } from "../src";
import { zoneAt } from "../src/namespace/zone-report";
import { codeOf, withDrive } from "./bench-drive";

const MIB = 1n << 20n;
const spec = {
  capacityBytes: 16n * MIB,
  namespaces: [
    {
      capacityBytes: 16n * MIB,
      lbaBytes: 4096 as const,
      zoned: { zoneBytes: MIB, zoneCapacityBytes: MIB / 2n, maxOpen: 2, maxActive: 3 },
    },
  ],
};
const sectors = (count: number, byte: number) => new Uint8Array(count * 4096).fill(byte);

test("a zone is found by any of its LBAs, opened, written, appended to, read, closed, finished and reset", () =>
  withDrive({ spec }, async ({ controller, ns, qpair }) => {
    const zns = await ZonedNamespace.of(controller, ns);
    const zone = zns.at(qpair, 700n);
    expect(zone.slba).toBe(512n);
    expect(await zone.report()).toEqual({ slba: 512n, state: "empty", capacity: 128n, writePointer: 512n });
    expectStatus(await zone.open());
    expect((await zone.report()).state).toBe("explicitlyOpened");
    expectStatus(await zone.write(0n, sectors(2, 1)));
    const appended = controller.createBuffer(8192, { pattern: "ones" });
    expect(await zone.append(appended)).toMatchObject({ offset: 2n, completion: { sct: 0, sc: 0 } });
    expectStatus(await zone.write(9n, sectors(1, 3)), 1, 0xbc);
    const data = sectors(4, 0);
    expectStatus(await zone.read(0n, data));
    expect([data[0], data[2 * 4096]]).toEqual([1, 0xff]);
    expectStatus(await zone.close());
    expect((await zone.report()).state).toBe("closed");
    expectStatus(await zone.finish());
    expect(await zone.report()).toMatchObject({ state: "full", writePointer: null });
    expect(await zone.append(appended)).toMatchObject({ offset: null, completion: { sct: 1, sc: 0xb9 } });
    expectStatus(await zone.reset());
    expect((await zone.report()).state).toBe("empty");
    expect(await codeOf(() => zone.read(256n, data))).toBe("ERR_ARGUMENT");
    expect(await codeOf(() => zns.at(qpair, 1n << 40n))).toBe("ERR_ARGUMENT");
  }));

test("a worker fills what can be written of a zone, exactly once, and reads it back", () =>
  withDrive({ spec }, async ({ controller, ns, qpair }) => {
    const zone = (await ZonedNamespace.of(controller, ns)).at(qpair, 0n);
    const writer = await zone.startIoWorker({ readPercent: 0 });
    expect(await writer.result).toMatchObject({ end: "done", writtenBytes: 128n * 4096n, errors: [] });
    expect((await zone.report()).state).toBe("full");
    const reader = await zone.startIoWorker({ ioCount: 10, depth: 4 });
    expect(await reader.result).toMatchObject({ end: "done", reads: 10n, errors: [] });
  }));

test("an extended report carries the descriptor extension of each zone that has one", () => {
  const page = new Uint8Array(2 * 128);
  for (const [i, attributes] of [0x80, 0].entries()) {
    page[128 * i + 1] = 4 << 4;
    page[128 * i + 2] = attributes;
    page.fill(7 + i, 128 * i + 64, 128 * i + 128);
  }
  const view = new DataView(page.buffer);
  expect(zoneAt(view, 0, 64)).toMatchObject({ state: "closed", extension: new Uint8Array(64).fill(7) });
  expect(zoneAt(view, 128, 64)).toMatchObject({ state: "closed", extension: null });
  expect(zoneAt(view, 0)).not.toHaveProperty("extension");
});

test("a drive without descriptor extensions refuses to report and to set them, and the command says what was asked", () =>
  withDrive({ spec }, async ({ controller, ns, qpair }) => {
    const zns = await ZonedNamespace.of(controller, ns);
    expect(zns.facts.extensionBytes).toBe(0);
    const { completion, zones } = await zns.reportZones(qpair, { extended: true, state: "empty" });
    expectStatus(completion, 0, 0x02);
    expect(zones).toEqual([]);
    expect(qpair.cmdlog(1)[0]!.submission[13]).toBe((1 << 8) | 1);
    expectStatus(await zns.setExtension(qpair, 0n, new Uint8Array(4)), 0, 0x02);
    expect(qpair.cmdlog(1)[0]).toMatchObject({ opcode: 0x79, name: "Zone Management Send" });
    expect(qpair.cmdlog(1)[0]!.submission[13]).toBe(0x10);
  }));

const EXTENSION = 128;
const extended = (more: object = {}) => ({
  capacityBytes: 16n * MIB,
  namespaces: [
    {
      capacityBytes: 16n * MIB,
      lbaBytes: 4096 as const,
      zoned: { zoneBytes: MIB, maxOpen: 2, maxActive: 3, extensionBytes: EXTENSION, ...more },
    },
  ],
});
const tag = (byte: number) => new Uint8Array(EXTENSION).fill(byte);

test("an empty zone gets its descriptor extension and is closed; writes and a full zone keep it, a reset takes it away", () =>
  withDrive({ spec: extended() }, async ({ controller, ns, qpair }) => {
    const zns = await ZonedNamespace.of(controller, ns);
    expect(zns.facts.extensionBytes).toBe(EXTENSION);
    const zone = zns.at(qpair, 256n);
    expect(await zone.report({ extended: true })).toMatchObject({ state: "empty", extension: null });
    expectStatus(await zone.setExtension(tag(7)));
    expect(await zone.report()).toEqual({ slba: 256n, state: "closed", capacity: 256n, writePointer: 256n });
    expect(await zone.report({ extended: true })).toMatchObject({ state: "closed", extension: tag(7) });
    // Of an empty zone alone.
    expectStatus(await zone.setExtension(tag(8)), 1, 0xbf);
    expectStatus(await zone.write(0n, sectors(1, 1)));
    expectStatus(await zone.setExtension(tag(8)), 1, 0xbf);
    expectStatus(await zone.finish());
    expect(await zone.report({ extended: true })).toMatchObject({ state: "full", extension: tag(7) });
    expectStatus(await zone.reset());
    expect(await zone.report({ extended: true })).toMatchObject({ state: "empty", extension: null });
  }));

test("a zone with an extension is active without a write; it is closed and not empty again, and the limit of active zones holds", () =>
  withDrive({ spec: extended() }, async ({ controller, ns, qpair }) => {
    const zns = await ZonedNamespace.of(controller, ns);
    for (const zone of [0n, 1n, 2n]) expectStatus(await zns.setExtension(qpair, zone * 256n, tag(Number(zone) + 1)));
    expectStatus(await zns.setExtension(qpair, 3n * 256n, tag(4)), 1, 0xbd);
    expectStatus(await ns.write(qpair, 3n * 256n, sectors(1, 1)), 1, 0xbd);
    const zone = zns.at(qpair, 0n);
    expectStatus(await zone.open());
    expectStatus(await zone.close());
    expect(await zone.report({ extended: true })).toMatchObject({ state: "closed", extension: tag(1) });
    const { matching, zones } = await zns.reportZones(qpair, { extended: true, state: "closed" });
    expect([matching, zones.map(({ slba, extension }) => [slba, extension?.[0]])]).toEqual([
      3n,
      [
        [0n, 1],
        [256n, 2],
        [512n, 3],
      ],
    ]);
  }));

test("what is no descriptor extension of one zone is refused: all zones, a place inside a zone, one behind the last", () =>
  withDrive({ spec: extended() }, async ({ controller, ns, qpair }) => {
    const zns = await ZonedNamespace.of(controller, ns);
    const send = (cdw10: number, cdw13: number) =>
      ns.io(qpair, { opcode: 0x79, nsid: 1, cdw10, cdw13 }, tag(1), "to-device");
    expectStatus(await send(0, 0x110), 0, 0x02);
    expectStatus(await send(1, 0x10), 0, 0x02);
    expectStatus(await send(16 * 256, 0x10), 0, 0x80);
    expect(await codeOf(() => zns.setExtension(qpair, 0n, new Uint8Array(EXTENSION + 4)))).toBe("ERR_ARGUMENT");
    expect((await zns.reportZones(qpair, { state: "empty" })).matching).toBe(16n);
  }));

test("an extension is there after a power cut and not after a format", () =>
  withDrive({ spec: { ...extended(), volatileCache: true } }, async ({ controller, ns, qpair, drive }) => {
    const zns = await ZonedNamespace.of(controller, ns);
    const zone = zns.at(qpair, 256n);
    expectStatus(await zone.setExtension(tag(7)));
    expectStatus(await zone.open());
    await driver.modelPower(drive, "off");
    await driver.modelPower(drive, "on");
    await controller.reopen();
    expect(await zone.report({ extended: true })).toMatchObject({ state: "closed", extension: tag(7) });
    expectStatus(await controller.format(1, { lbaFormat: 1 }));
    expect(await zone.report({ extended: true })).toMatchObject({ state: "empty", extension: null });
    // Nor are its bytes behind an invalid one.
    const page = new Uint8Array(64 + 64 + EXTENSION);
    const report = { opcode: 0x7a, nsid: 1, cdw10: 256, cdw12: page.length / 4 - 1, cdw13: 1 };
    expectStatus(await ns.io(qpair, report, page, "from-device"));
    expect(page.subarray(128).every((byte) => byte === 0)).toBe(true);
  }));
