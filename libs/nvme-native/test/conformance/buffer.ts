/** Buffers (B001 to B014). What needs no drive is shown once, beside the software drive. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Buffer, expectStatus, type NvmeError } from "../../src";
import { behaviour, type ConformanceHost } from "./behaviour";

const HOST_ONLY: readonly ConformanceHost[] = ["model"];

function refusal(act: () => unknown): string {
  try {
    act();
    return "nothing was refused";
  } catch (reason) {
    expect((reason as NvmeError).code).toBe("ERR_ARGUMENT");
    return (reason as Error).message;
  }
}

/** Chi-square of the byte values over 256 classes: 255 degrees of freedom, so 400 is beyond one in ten million. */
function chiSquare(data: Uint8Array): number {
  const counts = new Array<number>(256).fill(0);
  for (const byte of data) counts[byte]!++;
  const expected = data.byteLength / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

behaviour("B001", "a new buffer is as long as asked for and every byte is 0", { on: HOST_ONLY }, async (bench) => {
  for (const buffer of [new Buffer(12_345), bench.controller.createBuffer(12_345)]) {
    expect(buffer.length).toBe(12_345);
    expect(buffer.bytes.byteLength).toBe(12_345);
    expect(buffer.bytes.every((byte) => byte === 0)).toBe(true);
  }
  expect(refusal(() => new Buffer(0))).toMatch(/^length is 0, it must be an integer from 1 to/);
  expect(refusal(() => bench.controller.createBuffer(0))).toMatch(/^length is 0/);
});

behaviour("B002", "4096 bytes and a printable name are the default", { on: HOST_ONLY }, async () => {
  const buffer = new Buffer();
  expect(buffer.length).toBe(4096);
  expect(buffer.name).toMatch(/^[\x20-\x7e]+$/);
  expect(`${new Buffer(512, { name: "identify page" })}`).toBe("<identify page: 512 bytes>");
});

behaviour("B003", "the pattern of ones fills from the first to the last byte", { on: HOST_ONLY }, async () => {
  const buffer = new Buffer(513, { pattern: "ones" });
  expect([buffer.get(0), buffer.get(512)]).toEqual([0xff, 0xff]);
  expect(buffer.fill("zeroes").bytes.every((byte) => byte === 0)).toBe(true);
});

behaviour("B004", "a 32-bit pattern repeats, little endian", { on: HOST_ONLY }, async () => {
  const buffer = new Buffer(512, { pattern: { word: 0x12345678 } });
  expect([buffer.get(0), buffer.get(511)]).toEqual([0x78, 0x12]);
  buffer.fill({ word: 1 });
  expect([buffer.get(0), buffer.get(511)]).toEqual([1, 0]);
  expect(buffer.data(3, 0)).toBe(1n);
  const odd = new Buffer(7, { pattern: "ones" }).fill({ word: 0 });
  expect([...odd.bytes]).toEqual([0, 0, 0, 0, 0xff, 0xff, 0xff]);
});

behaviour("B005", "a share of random bytes holds in every sector, whatever the size", { on: HOST_ONLY }, async () => {
  for (const length of [512, 4096, 1 << 20]) {
    for (const randomPercent of [0, 10, 50, 99]) {
      const { bytes } = new Buffer(length, { pattern: { randomPercent, seed: 9n } });
      const random = Math.floor((512 * randomPercent) / 100);
      for (let at = 0; at < length; at += 512) {
        const sector = bytes.subarray(at, at + 512);
        expect(sector.subarray(random).every((byte) => byte === 0)).toBe(true);
        // One random byte in 256 is zero; a sixteenth would be a wonder.
        const zeroes = sector.subarray(0, random).filter((byte) => byte === 0).byteLength;
        expect(zeroes).toBeLessThanOrEqual(2 + random / 16);
      }
    }
  }
  const whole = [1, 2].map(() => new Buffer(1 << 16, { pattern: { randomPercent: 100 } }).bytes);
  for (const bytes of whole) expect(chiSquare(bytes)).toBeLessThan(400);
  expect(sameBytes(whole[0]!, whole[1]!)).toBe(false);
});

behaviour("B006", "an index outside is refused, also a negative one", { on: HOST_ONLY }, async () => {
  const buffer = new Buffer(512);
  for (const index of [512, -1, 1.5, Number.NaN, 2 ** 40]) {
    const words = `index is ${index}, it must be an integer from 0 to 511`;
    expect(refusal(() => buffer.get(index))).toBe(words);
    expect(refusal(() => buffer.set(index, 1))).toBe(words);
  }
  expect(refusal(() => buffer.set(510, [1, 2, 3]))).toBe("index is 510, it must be an integer from 0 to 509");
  expect(refusal(() => buffer.set(0, 256))).toBe("value is 256, it must be an integer from 0 to 255");
  expect(buffer.bytes.every((byte) => byte === 0)).toBe(true);
  expect(buffer.set(509, [1, 2, 3]).get(511)).toBe(3);
});

behaviour("B008", "fields are read end first, inclusive, little endian, or as text", { on: HOST_ONLY }, async () => {
  const buffer = new Buffer(8).set(0, [0x78, 0x56, 0x34, 0x12, 0x41, 0x42, 0x20, 0x00]);
  expect([buffer.data(3, 0), buffer.data(1), buffer.data(7, 0)]).toEqual([0x12345678n, 0x56n, 0x0020424112345678n]);
  expect(buffer.text(7, 4)).toBe("AB");
  expect(refusal(() => buffer.data(8, 0))).toBe("end is 8, it must be an integer from 0 to 7");
  expect(refusal(() => buffer.data(2, 3))).toBe("begin is 3, it must be an integer from 0 to 2");
});

behaviour("B009", "the view's size can be set and read back up to the allocation", { on: HOST_ONLY }, async () => {
  const buffer = new Buffer(4096);
  for (const size of [0, 1, 3, 4, 10, 100, 4096]) {
    buffer.size = size;
    expect([buffer.size, buffer.view.byteLength, buffer.length]).toEqual([size, size, 4096]);
  }
  const set = (size: number) => {
    buffer.size = size;
  };
  expect(refusal(() => set(4097))).toBe("size is 4097, it must be an integer from 0 to 4096");
});

behaviour("B010", "data arrive at the page offset that was set", {}, async ({ controller, ns, qpair }) => {
  const lbaBytes = ns.identity.lbaBytes;
  const slba = 0x5aa5n;
  if (lbaBytes > 1096) throw new Error("the offsets below are for small LBAs");
  const written = new Buffer(lbaBytes).set(0, [0xa5, 0x5a]);
  expectStatus(await ns.write(qpair, slba, written));
  for (const make of [(bytes: number) => controller.createBuffer(bytes), (bytes: number) => new Buffer(bytes)]) {
    for (const offset of [0, 4, 16, 32, 512, 800, 1024, 3000]) {
      const buffer = make(4096).fill("ones");
      buffer.size = lbaBytes;
      buffer.offset = offset;
      expectStatus(await ns.read(qpair, slba, buffer));
      expect([buffer.get(offset), buffer.get(offset + 1)]).toEqual([0xa5, 0x5a]);
      const around = [...buffer.bytes.subarray(0, offset), ...buffer.bytes.subarray(offset + lbaBytes)];
      expect(around.every((byte) => byte === 0xff)).toBe(true);
    }
  }
});

behaviour("B012", "a dump shows the first bytes of any size as text", { on: HOST_ONLY }, async () => {
  const buffer = new Buffer(256 * 1024).set(0, [...globalThis.Buffer.from("hello"), 0, 0xff]);
  for (const size of [5000, 6 * 1024, 256 * 1024])
    expect(buffer.dump(size).split("\n")).toHaveLength(Math.ceil(size / 16));
  expect(buffer.dump(16)).toBe("00000000  68 65 6c 6c 6f 00 ff 00 00 00 00 00 00 00 00 00  hello...........");
  expect(refusal(() => buffer.dump(262_145))).toMatch(/^size is 262145/);
  // Page by page, each with its place.
  expect(buffer.dump(32, 4096).split("\n")[1]).toMatch(/^00001010 {2}00/);
  expect(buffer.dump(4096, 4096).split("\n")).toHaveLength(256);
  expect(refusal(() => buffer.dump(1, 262_144))).toMatch(/^size is 1, it must be an integer from 0 to 0/);
});

behaviour(
  "B013",
  "the same seed gives the same random bytes, and a buffer tells its seed",
  { on: HOST_ONLY },
  async () => {
    const random = (seed?: bigint) => new Buffer(4096, { pattern: { randomPercent: 100, seed } });
    expect(sameBytes(random(7n).bytes, random(7n).bytes)).toBe(true);
    expect(sameBytes(random(7n).bytes, random(8n).bytes)).toBe(false);
    const unnamed = random();
    expect(`${unnamed}`).toContain(`seed ${unnamed.seed}`);
    expect(sameBytes(unnamed.bytes, random(unnamed.seed!).bytes)).toBe(true);
  },
);

behaviour(
  "B014",
  "a buffer freed or forgotten while commands use it stays until they have ended",
  { depth: 64 },
  async ({ controller, ns, qpair }) => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const size = ns.identity.lbaBytes * 8;
    for (let round = 0; round < 20; round++) {
      const reads = Array.from({ length: 60 }, (_, i) => {
        const buffer = controller.createBuffer(size);
        const read = ns.read(qpair, BigInt(i * 8), buffer);
        if (i % 2 === 0) buffer.free();
        return read;
      });
      collect();
      for (const completion of await Promise.all(reads)) expectStatus(completion);
    }
    const freed = controller.createBuffer(size);
    freed.free();
    freed.free();
    await expect(ns.read(qpair, 0n, freed)).rejects.toMatchObject({ code: "ERR_CLOSED" });
  },
);

behaviour(
  "B014",
  "the memory of a buffer that was freed is nobody else's while a read is on its way into it",
  { slowReads: true },
  async ({ controller, ns, qpair }) => {
    const size = ns.identity.lbaBytes * 8;
    expectStatus(await ns.write(qpair, 0n, new Uint8Array(size).fill(0x5a)));
    const buffer = controller.createBuffer(size);
    const read = ns.read(qpair, 0n, buffer);
    buffer.free();
    const others = Array.from({ length: 64 }, () => controller.createBuffer(size));
    expectStatus(await read);
    for (const other of others) expect(other.bytes.every((byte) => byte === 0)).toBe(true);
  },
);

behaviour("B014", "a buffer is used without a copy: what lies in it is what the drive wrote", {}, async (bench) => {
  const { controller, ns, qpair } = bench;
  const buffer = controller.createBuffer(ns.identity.lbaBytes, { pattern: { word: 0xcafe } });
  expectStatus(await ns.write(qpair, 3n, buffer));
  buffer.fill("zeroes");
  expectStatus(await ns.read(qpair, 3n, buffer));
  expect(buffer.data(3, 0)).toBe(0xcafen);
  const other = await bench.open();
  expectStatus(await other.ns.write(other.qpair, 3n, buffer.fill({ word: 0xbeef })));
  expectStatus(await other.ns.read(other.qpair, 3n, buffer.fill("zeroes")));
  expect(buffer.data(3, 0)).toBe(0xbeefn);
});

behaviour("B014", "a physical address is told, or why there is none", {}, async ({ controller, host }) => {
  const buffer = controller.createBuffer(8192);
  const address = () => buffer.physicalAddress;
  if (host === "spdk-tcp") {
    expect(address).toThrow(
      expect.objectContaining({ code: "ERR_UNSUPPORTED", message: expect.stringContaining(host) }),
    );
  } else {
    const first = address();
    expect(first % 4096n).toBe(0n);
    buffer.offset = 4100;
    expect(address()).toBe(first + 4100n);
  }
  const plain = new Buffer(512);
  expect(() => plain.physicalAddress).toThrow("createBuffer");
});

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return globalThis.Buffer.from(a).equals(globalThis.Buffer.from(b));
}
