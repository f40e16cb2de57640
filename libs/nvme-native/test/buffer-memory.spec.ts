/** What buffers cost, and what a script can do to the arrays that it gave to a command. */
import { Buffer, expectStatus, hexDump } from "../src";
import { codeOf, withDrive } from "./bench-drive";

const MIB = 1 << 20;
const rss = () => process.memoryUsage().rss;

test("memory that was freed is given back at once, and large memory costs what was used of it", () =>
  withDrive({}, async ({ controller }) => {
    const before = rss();
    for (let i = 0; i < 16; i++) controller.createBuffer(64 * MIB, { pattern: "ones" }).free();
    expect(rss() - before).toBeLessThan(512 * MIB);
    const large = controller.createBuffer(1024 * MIB);
    expect(rss() - before).toBeLessThan(512 * MIB);
    expect([large.get(0), large.get(large.length - 1)]).toEqual([0, 0]);
    large.free();
  }));

test("a large buffer is read and written by the drive, and freed while it is", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const buffer = controller.createBuffer(8 * MIB, { pattern: { word: 0x01020304 } });
    buffer.offset = 7 * MIB;
    buffer.size = 64 * 1024;
    expectStatus(await ns.write(qpair, 0n, buffer));
    buffer.offset = MIB;
    const bytes = buffer.bytes;
    const read = ns.read(qpair, 0n, buffer.fill("zeroes"));
    buffer.free();
    expectStatus(await read);
    expect(bytes.byteLength).toBe(0);
    const back = new Uint8Array(64 * 1024);
    expectStatus(await ns.read(qpair, 0n, back));
    expect([...back.subarray(-4)]).toEqual([4, 3, 2, 1]);
  }));

test("an array that is transferred or shrunk while a read is in flight gets what still fits, and shared memory all", () =>
  withDrive({}, async ({ ns, qpair }) => {
    expectStatus(await ns.write(qpair, 0n, new Uint8Array(512).fill(7)));
    const gone = new Uint8Array(512);
    const reads = [ns.read(qpair, 0n, gone)];
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    // ES2024: this build's types do not know it.
    const memory: ArrayBuffer & { resize?(bytes: number): void } = Reflect.construct(ArrayBuffer, [
      512,
      { maxByteLength: 4096 },
    ]);
    reads.push(ns.read(qpair, 0n, new Uint8Array(memory)));
    memory.resize!(16);
    const shared = new Uint8Array(new SharedArrayBuffer(512));
    reads.push(ns.read(qpair, 0n, shared));
    for (const completion of await Promise.all(reads)) expectStatus(completion);
    expect([gone.byteLength, new Uint8Array(memory)[15], shared[511]]).toEqual([0, 7, 7]);
    await expect(ns.read(qpair, 0n, gone)).rejects.toThrow("data has 0 bytes, it must have 512 to");
  }));

test("an array that lies about its length is refused", () =>
  withDrive({}, async ({ ns, qpair }) => {
    class Liar extends Uint8Array {
      override get byteLength() {
        return 4096;
      }
    }
    const lies = ns.read(qpair, 0n, new Liar(512) as Uint8Array);
    await expect(lies).rejects.toThrow("data says that it has 4096 bytes, it has 512");
  }));

test("a dump that no process has memory for is refused", async () => {
  const buffer = new Buffer(32 * MIB);
  expect(await codeOf(() => buffer.dump())).toBe("ERR_ARGUMENT");
  expect(() => buffer.dump()).toThrow("size is 33554432, it must be an integer from 0 to 16777216");
  expect(buffer.dump(32, 32 * MIB - 32).split("\n")).toHaveLength(2);
  expect(() => hexDump(buffer.bytes)).toThrow("data has 33554432 bytes, it must have 0 to 16777216");
});
