/** What a drive and the driver do with keys and values that cannot be, and with commands of other command sets. */
import { BareAdmin, BareDevice, expectStatus, type RawCommand, Reservations, statusText } from "../../src";
import { codeOf } from "../bench-drive";
import { keyValueSpec, MIB, OK, STATUS, withKeys } from "./key-value-drive";

const OPCODE = { store: 0x01, retrieve: 0x02, list: 0x06, delete: 0x10, exist: 0x14 };

test.each<[string, RawCommand, string]>([
  ["a store without a key", { opcode: OPCODE.store, cdw10: 8, cdw11: 0 }, STATUS.invalidKeySize],
  [
    "a store with a key longer than the namespace has",
    { opcode: OPCODE.store, cdw10: 8, cdw11: 9 },
    STATUS.invalidKeySize,
  ],
  ["a store with a key of 17 bytes", { opcode: OPCODE.store, cdw10: 8, cdw11: 17 }, STATUS.invalidField],
  ["a store with a key of 255 bytes", { opcode: OPCODE.store, cdw10: 8, cdw11: 255 }, STATUS.invalidField],
  ["a retrieval without a key", { opcode: OPCODE.retrieve, cdw10: 8, cdw11: 0 }, STATUS.invalidKeySize],
  ["a deletion with a key of 17 bytes", { opcode: OPCODE.delete, cdw11: 17 }, STATUS.invalidField],
  ["a question for no key", { opcode: OPCODE.exist, cdw11: 0 }, STATUS.invalidKeySize],
  [
    "a list from a key longer than the namespace has",
    { opcode: OPCODE.list, cdw10: 64, cdw11: 9 },
    STATUS.invalidKeySize,
  ],
  ["a list from a key of 17 bytes", { opcode: OPCODE.list, cdw10: 64, cdw11: 17 }, STATUS.invalidField],
  ["a list into 3 bytes", { opcode: OPCODE.list, cdw10: 3 }, STATUS.invalidField],
  ["a value of more than there may be", { opcode: OPCODE.store, cdw10: 3001, cdw11: 1 }, STATUS.invalidValueSize],
  ["a value of 4 GiB less one byte", { opcode: OPCODE.store, cdw10: 0xffff_ffff, cdw11: 1 }, STATUS.invalidValueSize],
  ["a host buffer beyond MDTS", { opcode: OPCODE.retrieve, cdw10: 0xffff_ffff, cdw11: 1 }, STATUS.invalidField],
  ["a list beyond MDTS", { opcode: OPCODE.list, cdw10: 0xffff_fffc }, STATUS.invalidField],
  ["Compare", { opcode: 0x05 }, STATUS.invalidOpcode],
  ["Write Zeroes", { opcode: 0x08 }, STATUS.invalidOpcode],
  ["Dataset Management", { opcode: 0x09 }, STATUS.invalidOpcode],
  ["Zone Append", { opcode: 0x7d }, STATUS.invalidOpcode],
])("%s is refused with its own status, and nothing is changed", (_, command, status) =>
  withKeys(keyValueSpec({ maxKeyBytes: 8, maxValueBytes: 3000 }), async ({ keys, qpair, store, listed }) => {
    await store("kept", "v");
    const data = new Uint8Array(4096);
    const toDevice = command.opcode === OPCODE.store || command.opcode === 0x05 || command.opcode === 0x7d;
    expect(statusText(await keys.io(qpair, command, data, toDevice ? "to-device" : "from-device"))).toBe(status);
    expect(data.every((byte) => byte === 0)).toBe(true);
    expect(await listed()).toEqual(["kept"]);
  }),
);

test("commands of keys and values are none to a namespace of blocks", () =>
  withKeys({}, async ({ ns, qpair }) => {
    for (const opcode of [OPCODE.list, OPCODE.delete, OPCODE.exist])
      expectStatus(await ns.io(qpair, { opcode, cdw10: 64, cdw11: 1 }), 0, 0x01);
  }));

test("a list into 4 bytes tells of no key, into 8 of one", () =>
  withKeys({}, async ({ keys, qpair, store }) => {
    await store("a", "1");
    await store("b", "2");
    expect((await keys.listPage(qpair, { bytes: 4 })).keys).toEqual([]);
    expect((await keys.listPage(qpair, { bytes: 8 })).keys).toEqual([Uint8Array.of(97)]);
    expect((await keys.listPage(qpair, { bytes: 12 })).keys).toHaveLength(2);
    expect(await codeOf(() => keys.listPage(qpair, { bytes: 3 }))).toBe("ERR_ARGUMENT");
    expect(await codeOf(() => keys.list(qpair, { bytes: 4 }).next())).toBe("ERR_ARGUMENT");
  }));

test("what is wrong with a call is said in words, and nothing is sent", () =>
  withKeys({}, async ({ controller, ns, keys, qpair }) => {
    const value = new Uint8Array(8);
    const before = qpair.cmdlog().length;
    for (const key of ["", "x".repeat(17), "é".repeat(9), new Uint8Array(0), new Uint8Array(17), 5, null])
      for (const call of [
        () => keys.store(qpair, key as string, value),
        () => keys.retrieve(qpair, key as string),
        () => keys.delete(qpair, key as string),
        () => keys.exists(qpair, key as string),
        () => keys.listPage(qpair, { from: key as string }),
      ])
        expect(await codeOf(call)).toBe("ERR_ARGUMENT");
    await expect(keys.store(qpair, "x".repeat(17), value)).rejects.toThrow("key has 17 bytes, it must have 1 to 16");
    const most = controller.mdts * 2;
    for (const call of [
      () => keys.store(qpair, "k", new Uint8Array(most + 1)),
      () => keys.store(qpair, "k", "text" as unknown as Uint8Array),
      () => keys.store(qpair, "k", value, { mustExists: true } as object),
      () => keys.retrieve(qpair, "k", { bytes: most + 1 }),
      () => keys.store({} as typeof qpair, "k", value),
      () => keys.io(qpair, { opcode: 1 }, value),
    ])
      expect(await codeOf(call)).toBe("ERR_ARGUMENT");
    expect(qpair.cmdlog().length).toBe(before);
    expect(ns.identity.nsid).toBe(1);
  }));

test("one cid in flight twice gives two completions, and both values are stored", () =>
  withKeys({}, async ({ controller, fetch }) => {
    const device = new BareDevice(controller);
    const completionQueue = device.completionQueue({ qid: 9, entries: 16 });
    expectStatus(await controller.admin(completionQueue.createCommand()));
    const queue = device.submissionQueue({ qid: 9, entries: 8, completionQueue });
    expectStatus(await controller.admin(queue.createCommand()));
    const io = new BareAdmin(queue);
    const memory = device.allocate(4096);
    memory.bytes.set(Buffer.from("twice"));
    const store = (key: string) =>
      io.execute({
        opcode: OPCODE.store,
        nsid: 2,
        cid: 5,
        cdw2: key.charCodeAt(0),
        cdw10: 5,
        cdw11: 1,
        prp1: memory.physical(),
      });
    expect(await Promise.all([store("a"), store("b")])).toMatchObject([
      { cid: 5, sct: 0, sc: 0 },
      { cid: 5, sct: 0, sc: 0 },
    ]);
    expect([await fetch("a"), await fetch("b")]).toEqual(["twice", "twice"]);
    // A value whose memory nobody has lent is not stored.
    const foreign = { opcode: OPCODE.store, nsid: 2, cdw2: 99, cdw10: 5, cdw11: 1, prp1: 0x1234_5000n };
    expect(statusText(await io.execute(foreign))).toBe("00/04");
    expect(await fetch("c")).toBe(STATUS.noKey);
  }));

test("a namespace that is full says so, and has room again for what is deleted", () =>
  withKeys(keyValueSpec({}, MIB), async ({ keys, qpair, store, fetch }) => {
    const value = "v".repeat(10_000);
    let stored = 0;
    while ((await store(`${stored}`, value)) === OK) stored++;
    expect(stored).toBe(Math.floor(2048 / Math.ceil(10_000 / 472)));
    expect(await store("x", value)).toBe(STATUS.capacityExceeded);
    for (let round = 0; round < 3 * stored; round++) {
      expectStatus(await keys.delete(qpair, `${round % stored}`));
      expect(await store(`${round % stored}`, `${round}${value.slice(10)}`)).toBe(OK);
    }
    expect(await fetch("0")).toBe(`${2 * stored}${value.slice(10)}`);
  }));

test("write protection, reservations of others, a format, a sanitize and a deletion mean keys and values too", () =>
  withKeys({ maxNamespaces: 3 }, async ({ controller, keys, qpair, store, fetch, listed }) => {
    await store("k", "v");
    expectStatus(await controller.setFeature(0x84, 1, { nsid: 2 }));
    expect(await store("k", "w")).toBe(STATUS.writeProtected);
    expectStatus(await keys.delete(qpair, "k"), 0, 0x20);
    expect(await fetch("k")).toBe("v");
    expectStatus(await controller.format(2, { lbaFormat: 0 }), 0, 0x20);
    expectStatus(await controller.setFeature(0x84, 0, { nsid: 2 }));

    const shared = new Reservations(controller, keys);
    expectStatus(await shared.setHostIdentifier(new Uint8Array(8).fill(1)));
    expectStatus(await shared.register(qpair, { action: "register", newKey: 1n }));
    expectStatus(await shared.acquire(qpair, { type: "writeExclusive", key: 1n }));
    await controller.reset();
    expectStatus(await shared.setHostIdentifier(new Uint8Array(8).fill(2)));
    expect(await store("k", "w")).toBe(STATUS.conflict);
    expect([await fetch("k"), await listed()]).toEqual(["v", ["k"]]);
    await controller.reset();
    expectStatus(await shared.setHostIdentifier(new Uint8Array(8).fill(1)));
    expectStatus(await shared.release(qpair, { action: "clear", key: 1n }));

    expectStatus(await controller.format(2, { lbaFormat: 1 }), 1, 0x0a);
    expect(await fetch("k")).toBe("v");
    expectStatus(await controller.format(2, { lbaFormat: 0 }));
    expect(await listed()).toEqual([]);
    await store("k", "again");
    expectStatus(await controller.commands.sanitize("blockErase"));
    const sanitizing = async () => ((await controller.getLogPage(0x81, 512)).data[2]! & 7) === 2;
    expect(await store("k", "meanwhile")).toBe("00/1d");
    while (await sanitizing()) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await listed()).toEqual([]);
    await store("k", "and again");
    expectStatus(await controller.commands.deleteNamespace(2));
    expectStatus(await keys.flush(qpair), 0, 0x02);
  }));
