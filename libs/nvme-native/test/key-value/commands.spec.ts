/** Store, Retrieve, Delete, Exist and List of a namespace of the key value command set, and what Identify says of it. */

import { readFileSync } from "node:fs";
import { commandName, driver, expectStatus, field, recordedCommands, statusText } from "../../src";
import { codeOf } from "../bench-drive";
import { keyValueSpec, MIB, OK, STATUS, withKeys } from "./key-value-drive";

test("a value comes back as it was stored, by a key of text or bytes, until it is replaced and deleted", () =>
  withKeys({}, async ({ keys, qpair, store, fetch }) => {
    const sizes = [0, 1, 471, 472, 473, 4096, 100_001];
    for (const [i, bytes] of sizes.entries()) {
      const value = new Uint8Array(bytes).map((_, at) => at * 31 + i);
      expect(await store("key", value)).toBe(OK);
      const got = await keys.retrieve(qpair, new TextEncoder().encode("key"));
      expect(got.valueBytes).toBe(bytes);
      expect(Buffer.from(got.value!).equals(value)).toBe(true);
      expect((await keys.exists(qpair, "key")).exists).toBe(true);
    }
    expect(await store(new Uint8Array(16).fill(0), "sixteen zeroes")).toBe(OK);
    expect(await fetch(new Uint8Array(15).fill(0))).toBe(STATUS.noKey);
    expectStatus(await keys.delete(qpair, "key"));
    expect(await fetch("key")).toBe(STATUS.noKey);
    expect(await keys.exists(qpair, "key")).toMatchObject({ exists: false, completion: { sct: 0, sc: 0x87 } });
    expect(await fetch(new Uint8Array(16))).toBe("sixteen zeroes");
  }));

test("memory of the drive's goes into a store as it is, and into a raw Retrieve", () =>
  withKeys({}, async ({ controller, keys, qpair, fetch }) => {
    const buffer = controller.createBuffer(8192);
    buffer.set(4, Buffer.from("in the middle"));
    buffer.offset = 4;
    buffer.size = 13;
    expectStatus(await keys.store(qpair, "a", buffer));
    expect(await fetch("a")).toBe("in the middle");
    const into = controller.createBuffer(64);
    const command = { opcode: 0x02, cdw2: "a".charCodeAt(0), cdw10: 64, cdw11: 1 };
    expect(expectStatus(await keys.io(qpair, command, into, "from-device")).cdw0).toBe(13);
    expect(into.text(12, 0)).toBe("in the middle");
  }));

test("a short host buffer gets the beginning, and the size of the whole value", () =>
  withKeys({}, async ({ keys, qpair, store }) => {
    await store("k", "0123456789");
    for (const bytes of [0, 1, 4, 9, 10, 4096]) {
      const { value, valueBytes } = await keys.retrieve(qpair, "k", { bytes });
      expect([Buffer.from(value!).toString(), valueBytes]).toEqual(["0123456789".slice(0, bytes), 10]);
    }
  }));

test("a store can depend on whether the key exists", () =>
  withKeys({}, async ({ keys, qpair, fetch }) => {
    const store = async (value: string, options: object) =>
      statusText(await keys.store(qpair, "k", Buffer.from(value), options));
    expect(await store("1", { mustExist: true })).toBe(STATUS.noKey);
    expect(await store("2", { mustNotExist: true, uncompressed: true })).toBe(OK);
    expect(qpair.cmdlog(1)[0]!.submission[11]).toBe((6 << 8) | 1);
    expect(await store("3", { mustNotExist: true })).toBe(STATUS.keyExists);
    expect(await fetch("k")).toBe("2");
    expect(await store("4", { mustExist: true })).toBe(OK);
    expect(await fetch("k")).toBe("4");
    expect((await keys.retrieve(qpair, "k", { raw: true })).valueBytes).toBe(1);
  }));

test("a delete of a key that does not exist is an error when feature 20h says so, of each namespace until a reset", () =>
  withKeys({}, async ({ controller, keys, qpair }) => {
    expectStatus(await keys.delete(qpair, "none"));
    expectStatus(await controller.setFeature(0x20, 1, { nsid: 2 }));
    expect((await controller.getFeature(0x20, { nsid: 2 })).cdw0).toBe(1);
    expectStatus(await keys.delete(qpair, "none"), 0, 0x87);
    expectStatus(await controller.setFeature(0x20, 1, { nsid: 1 }), 0, 0x02);
    await controller.reset();
    expectStatus(await keys.delete(qpair, "none"));
  }));

test("List goes through all keys in their order, from any key on, whatever is deleted meanwhile", () =>
  withKeys({}, async ({ keys, qpair, store, listed }) => {
    expect(await listed()).toEqual([]);
    const all = Array.from({ length: 300 }, (_, i) => `key-${String(i).padStart(3, "0")}${"x".repeat(i % 9)}`);
    await Promise.all([...all].reverse().map((key) => store(key, key)));
    expect(await listed()).toEqual(all);
    const from: string[] = [];
    for await (const key of keys.list(qpair, { from: "key-1", bytes: 100 })) from.push(Buffer.from(key).toString());
    expect(from).toEqual(all.slice(100));
    const survivors: string[] = [];
    for await (const key of keys.list(qpair, { bytes: 64 })) {
      survivors.push(Buffer.from(key).toString());
      expectStatus(await keys.delete(qpair, key));
    }
    expect(survivors).toEqual(all);
    expect(await listed()).toEqual([]);
  }));

test("what was stored is there in the next process, and a namespace of keys is told from one of blocks", () =>
  withKeys({}, async ({ controller, drive, store }) => {
    await store("k", "v".repeat(5000));
    await controller.close();
    const again = await driver.open({ transport: "model", path: drive });
    const qpair = await again.createQpair({ depth: 4 });
    const keys = await again.keyValueNamespace(2);
    expect(Buffer.from((await keys.retrieve(qpair, "k")).value!).toString()).toBe("v".repeat(5000));
    expect(await codeOf(() => again.namespace(2))).toBe("ERR_UNSUPPORTED");
    await expect(again.namespace(2)).rejects.toThrow(/key value command set.*keyValueNamespace\(2\)/);
    await expect(again.keyValueNamespace(1)).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: "namespace 1 is of command set 0, not of the key value command set, 1",
    });
    expect(await codeOf(() => again.keyValueNamespace(3))).toBe("ERR_OPEN");
    await again.close();
    expect(await codeOf(() => keys.retrieve(qpair, "k"))).toBe("ERR_CLOSED");
    expect(await codeOf(() => again.keyValueNamespace(2))).toBe("ERR_CLOSED");
  }));

test("Identify tells the command set and its limits, and has no blocks to tell of", () =>
  withKeys(keyValueSpec({ maxKeyBytes: 9, maxValueBytes: 3000, maxKeys: 5 }), async ({ controller, keys, store }) => {
    expect(keys.identity).toMatchObject({ nsid: 2, capacityBytes: 4n * MIB, usedBytes: 0n, format: 0 });
    expect(keys.identity.formats).toEqual([{ maxKeyBytes: 9, maxValueBytes: 3000, maxKeys: 5 }]);
    expect(keys.identity).toMatchObject({ maxKeyBytes: 9, maxValueBytes: 3000, maxKeys: 5 });
    for (let key = 0; key < 5; key++) expect(await store(`${key}`, "v")).toBe(OK);
    expect((await controller.keyValueNamespace(2)).identity.usedBytes).toBe(5n * 512n);
    expect(await store("5", "v")).toBe(STATUS.capacityExceeded);
    expect(await store("4", "w")).toBe(OK);
    const page = async (cns: number, nsid: number, csi = 0) => controller.identifyRaw(cns, nsid, 0, csi);
    expect(statusText((await page(0x00, 2)).completion)).toBe("01/2c");
    expect(statusText((await page(0x11, 2)).completion)).toBe("01/2c");
    expectStatus((await page(0x06, 0, 1)).completion);
    expect(field((await page(0x07, 0, 1)).data, 7, 0)).toBe(2n);
    expect(field((await page(0x07, 0, 0)).data, 7, 0)).toBe(1n);
    expect((await page(0x08, 2)).data[14]! & 1).toBe(1);
    expect((await page(0x1c, 0)).data[0]! & 2).toBe(2);
    expect((await page(0x05, 1, 1)).data.every((byte) => byte === 0)).toBe(true);
    expect(await controller.activeNamespaces()).toEqual([1, 2]);
    const supported = async (set: "io" | "key-value") =>
      Promise.all([0x01, 0x02, 0x06, 0x09, 0x10, 0x14].map((opcode) => controller.supports(opcode, set)));
    expect(await supported("io")).toEqual([true, true, false, true, false, false]);
    expect(await supported("key-value")).toEqual([true, true, true, false, true, true]);
  }));

test("the flight recorder names the commands of a namespace that was opened, and those of its file when told the nsid", () =>
  withKeys({}, async ({ ns, keys, qpair, store }) => {
    await store("k", "v");
    await ns.write(qpair, 0n, new Uint8Array(512));
    await keys.exists(qpair, "k");
    const names = (commands: { name: string }[]) => commands.map(({ name }) => name);
    expect(names(qpair.cmdlog(3))).toEqual(["Exist", "Write", "Store"]);
    const image = readFileSync(qpair.cmdlogPath!);
    expect(names(recordedCommands(image, 3))).toEqual(["Unknown", "Write", "Write"]);
    expect(names(recordedCommands(image, 3, [2]))).toEqual(["Exist", "Write", "Store"]);
    expect([commandName(0x06, "key-value"), commandName(0x10, "key-value")]).toEqual(["List", "Delete"]);
  }));

test("SMART counts values that are stored and retrieved as the host's writes and reads", () =>
  withKeys({}, async ({ controller, store, fetch }) => {
    const smart = async () => {
      const { data } = await controller.getLogPage(2, 512);
      return [field(data, 79, 64), field(data, 95, 80), field(data, 39, 32), field(data, 55, 48)];
    };
    const before = await smart();
    for (let i = 0; i < 10; i++) {
      await store(`${i}`, "v".repeat(102_400));
      await fetch(`${i}`);
    }
    await fetch("none");
    // Reads and writes, commands and then units of 512,000 bytes.
    const counted = (await smart()).map((now, i) => now - before[i]!);
    expect(counted.slice(0, 2)).toEqual([11n, 10n]);
    for (const units of counted.slice(2)) expect([2n, 3n]).toContain(units);
  }));
