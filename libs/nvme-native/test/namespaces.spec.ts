import { AdminCommands, type Controller, expectStatus, field, namespacePage, statusText } from "../src";
import { withDrive } from "./bench-drive";

const MIB = 1n << 20n;
const SPEC = {
  capacityBytes: 16n * MIB,
  maxNamespaces: 3,
  namespaces: [
    {
      capacityBytes: 4n * MIB,
      lbaBytes: 512 as const,
      eui64: "0011223344556677",
      uuid: "00112233445566778899aabbccddeeff",
    },
  ],
};
async function list(controller: Controller, cns: number): Promise<number[]> {
  const { completion, data } = await controller.identifyRaw(cns, cns === 0x12 ? 1 : 0);
  expectStatus(completion);
  const view = new DataView(data.buffer);
  return Array.from({ length: 4 }, (_, i) => view.getUint32(4 * i, true)).filter((nsid) => nsid !== 0);
}
const unallocated = async (controller: Controller) => field((await controller.identify()).raw, 303, 296);

test("a namespace is made, attached, used, detached and deleted", () =>
  withDrive({ spec: SPEC }, async ({ controller, qpair }) => {
    const commands = new AdminCommands(controller);
    expect(await unallocated(controller)).toBe(12n * MIB);
    const made = await commands.createNamespace(namespacePage({ lbaCount: 1024n, lbaFormat: 1 }));
    expectStatus(made);
    expect(made.cdw0).toBe(2);
    expect(await unallocated(controller)).toBe(8n * MIB);
    expect([await list(controller, 0x10), await list(controller, 2)]).toEqual([[1, 2], [1]]);
    const beforehand = await controller.admin({ opcode: 6, nsid: 2, cdw10: 0x11 }, new Uint8Array(4096), "from-device");
    expectStatus(beforehand);
    await expect(controller.namespace(2)).rejects.toMatchObject({ code: "ERR_OPEN" });
    expectStatus(await commands.attachNamespace(2, [0]));
    expectStatus(await commands.attachNamespace(2, [0]), 1, 0x18);
    const ns = await controller.namespace(2);
    expect(ns.identity).toMatchObject({ lbaBytes: 4096, lbaCount: 1024n });
    expect(ns.identity.nguid).toMatch(/^[0-9a-f]{32}$/);
    expectStatus(await ns.write(qpair, 1023n, new Uint8Array(4096).fill(5)));
    expectStatus(await commands.detachNamespace(2, [0]));
    expectStatus(await ns.read(qpair, 0n, new Uint8Array(4096)), 0, 2);
    expectStatus(await commands.detachNamespace(2, [0]), 1, 0x1a);
    expectStatus(await commands.deleteNamespace(2));
    expectStatus(await commands.deleteNamespace(2), 0, 2);
    expect(await unallocated(controller)).toBe(12n * MIB);
    expectStatus(await commands.createNamespace(namespacePage({ lbaCount: 1024n, lbaFormat: 1 })));
    expectStatus(await commands.attachNamespace(2, [0]));
    const data = new Uint8Array(4096).fill(1);
    expectStatus(await (await controller.namespace(2)).read(qpair, 1023n, data));
    expect(data.every((byte) => byte === 0)).toBe(true);
  }));

test("namespace management refuses with the statuses of the specification", () =>
  withDrive({ spec: SPEC }, async ({ controller }) => {
    const commands = new AdminCommands(controller);
    const create = async (
      wanted: Parameters<typeof namespacePage>[0],
      change: (page: DataView) => void = () => {},
      csi = 0,
    ) => {
      const page = namespacePage(wanted);
      change(new DataView(page.buffer));
      return statusText(await commands.createNamespace(page, csi));
    };
    expect(await create({ lbaCount: 32_769n, lbaFormat: 0 })).toBe("01/15");
    expect(await create({ lbaCount: 24_577n, lbaFormat: 0 })).toBe("01/15");
    expect(await create({ lbaCount: 8n, lbaFormat: 15 })).toBe("01/0a");
    expect(await create({ lbaCount: 8n, lbaFormat: 0, protection: 1 })).toBe("01/0a");
    expect(await create({ lbaCount: 8n, lbaFormat: 0 }, (page) => page.setBigUint64(8, 4n, true))).toBe("01/1b");
    expect(await create({ lbaCount: 8n, lbaFormat: 0 }, undefined, 1)).toBe("01/29");
    expect([
      await create({ lbaCount: 8n, lbaFormat: 0 }),
      await create({ lbaCount: 512n, lbaFormat: 1 }, undefined, 2),
    ]).toEqual(["00/00", "00/00"]);
    expect(await create({ lbaCount: 8n, lbaFormat: 0 })).toBe("01/16");
    expectStatus(await commands.attachNamespace(2, [1]), 1, 0x1c);
    expectStatus(await commands.attachNamespace(9, [0]), 0, 0x0b);
    expectStatus(await commands.deleteNamespace(9), 0, 0x0b);
    expectStatus(await commands.deleteNamespace(0xffff_ffff));
    expect(await list(controller, 0x10)).toEqual([]);
  }));

test("a change of namespaces is told by an event and by the list of changed namespaces", () =>
  withDrive({ spec: SPEC }, async ({ controller }) => {
    const commands = new AdminCommands(controller);
    expectStatus(await controller.setFeature(0x0b, 1 << 8));
    const event = controller.admin({ opcode: 0x0c });
    expectStatus(await commands.detachNamespace(1, [0]));
    expect((await event).cdw0).toBe(0x0004_0002);
    const changed = async () => new DataView((await controller.getLogPage(4, 4096)).data.buffer).getUint32(0, true);
    expect([await changed(), await changed()]).toEqual([1, 0]);
  }));

test("a namespace tells its identifiers and its command set", () =>
  withDrive({ spec: SPEC }, async ({ controller }) => {
    const { data } = await controller.identifyRaw(3, 1);
    const hex = Buffer.from(data.subarray(0, 37)).toString("hex");
    expect(hex).toBe("010800000011223344556677" + "0310000000112233445566778899aabbccddeeff" + "0401000000");
    expect((await list(controller, 0x12))[0]).toBe(1);
  }));

test("a feature tells its current, default and saved value and what can be done with it", () =>
  withDrive({}, async ({ controller }) => {
    const values = async (fid: number, nsid = 0) =>
      Promise.all([0, 1, 2, 3].map(async (select) => (await controller.getFeature(fid, { select, nsid })).cdw0));
    expectStatus(await controller.setFeature(0x05, 9, { save: true }));
    expectStatus(await controller.setFeature(0x05, 11, { nsid: 1 }));
    expect(await values(0x05, 1)).toEqual([11, 0, 9, 7]);
    await controller.reset();
    expect(await values(0x05, 1)).toEqual([9, 0, 9, 7]);
    expect((await values(0x02))[3]).toBe(4);
    expectStatus(await controller.setFeature(0x02, 1, { save: true }), 1, 0x0d);
    expectStatus(await controller.setFeature(0x19, 1), 1, 0x0e);
    expectStatus(await controller.setFeature(0x06, 1, { nsid: 1 }), 1, 0x0f);
    expectStatus(await controller.setFeature(0x05, 1, { nsid: 77 }), 0, 0x0b);
  }));

test("the timestamp goes on, write protection protects, a threshold beyond the temperature is told", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const stamp = async () => {
      const data = new Uint8Array(8);
      expectStatus(await controller.getFeature(0x0e, { data }));
      return new DataView(data.buffer).getBigUint64(0, true);
    };
    const given = new Uint8Array(8);
    new DataView(given.buffer).setBigUint64(0, 1_000_000n, true);
    expectStatus(await controller.setFeature(0x0e, 0, { data: given }));
    const first = await stamp();
    expect(first >> 49n).toBe(1n);
    let later = first;
    while (later === first) later = await stamp();
    expect(later).toBeGreaterThan(first);
    expectStatus(await controller.setFeature(0x84, 1, { nsid: 1 }));
    expectStatus(await ns.write(qpair, 0n, new Uint8Array(512)), 0, 0x20);
    expectStatus(await controller.setFeature(0x84, 0, { nsid: 1 }));
    expectStatus(await ns.write(qpair, 0n, new Uint8Array(512)));
    expectStatus(await controller.setFeature(0x0b, 2));
    const event = controller.admin({ opcode: 0x0c });
    expectStatus(await controller.setFeature(0x04, 300));
    expect((await event).cdw0).toBe(0x0002_0101);
  }));

test("an idle drive goes to a power state without I/O by itself, and comes back for I/O", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const table = new Uint8Array(256);
    new DataView(table.buffer).setBigUint64(0, (1n << 8n) | (3n << 3n), true);
    expectStatus(await controller.setFeature(0x0c, 1, { data: table }));
    while (((await controller.getFeature(0x02)).cdw0 & 31) !== 3)
      await new Promise((resolve) => setTimeout(resolve, 1));
    expectStatus(await controller.setFeature(0x0c, 0, { data: new Uint8Array(256) }));
    expect((await controller.getFeature(0x02)).cdw0 & 31).toBe(3);
    expectStatus(await ns.read(qpair, 0n, new Uint8Array(512)));
    expect((await controller.getFeature(0x02)).cdw0 & 31).toBe(0);
  }));
