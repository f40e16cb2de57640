/** Host memory buffer, telemetry, keep alive and weighted round robin of the software drive. */
import { AdminCommands, expectStatus, field, HostMemoryBuffer, hostMemoryWish } from "../src";
import { withDrive } from "./bench-drive";

const sector = () => new Uint8Array(512);
/** native/model/bus/host_memory.h: a mark at the start of each chunk, I/O commands counted in the first one. */
const mark = (memory: HostMemoryBuffer, chunk: number) => memory.chunks[chunk]!.bytes.subarray(0, 8).toString("latin1");
const counted = (memory: HostMemoryBuffer) => memory.chunks[0]!.bytes.readBigUInt64LE(16);

test("the drive uses host memory from enable to disable, and no longer", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const wish = hostMemoryWish(controller)!;
    expect(wish.preferredBytes).toBeGreaterThanOrEqual(wish.leastBytes);
    const memory = HostMemoryBuffer.allocate(controller, { chunks: 3 });
    expect([memory.bytes, memory.chunks.length]).toEqual([wish.preferredBytes, 3]);
    expectStatus(await memory.enable());
    expect(await memory.enabled()).toBe(true);
    expect([mark(memory, 0), mark(memory, 2)]).toEqual(["ASSAYHMB", "ASSAYHMB"]);
    for (let i = 0; i < 5; i++) expectStatus(await ns.read(qpair, 0n, sector()));
    expect(counted(memory)).toBe(5n);
    expectStatus(await memory.enable(), 0, 0x0c);
    const told = new Uint8Array(4096);
    expectStatus(await controller.getFeature(0x0d, { data: told }));
    expect(field(told, 3, 0)).toBe(BigInt(wish.preferredBytes / 4096));
    expectStatus(await memory.disable());
    expectStatus(await ns.read(qpair, 0n, sector()));
    expect(counted(memory)).toBe(5n);
    expectStatus(await memory.enable({ returned: true }));
    expectStatus(await ns.read(qpair, 0n, sector()));
    expect(counted(memory)).toBe(6n);
    await controller.reset();
    expect(await memory.enabled()).toBe(false);
    expectStatus(await ns.read(qpair, 0n, sector()));
    expect(counted(memory)).toBe(6n);
    memory.free();
  }));

test("host memory that is too small, or that was taken away, costs no I/O", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const small = HostMemoryBuffer.allocate(controller, { bytes: 4096 });
    expectStatus(await small.enable(), 0, 2);
    const memory = HostMemoryBuffer.allocate(controller);
    expectStatus(await memory.enable());
    memory.free();
    expectStatus(await ns.write(qpair, 0n, sector()));
    expectStatus(await ns.read(qpair, 0n, sector()));
  }));

test("telemetry holds what was captured when the host asked", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const log = async (create: boolean) => {
      const data = new Uint8Array(1024);
      const command = { opcode: 2, nsid: 0xffff_ffff, cdw10: ((255 << 16) | (create ? 0x100 : 0) | 7) >>> 0 };
      expectStatus(await controller.admin(command, data, "from-device"));
      return { generation: data[381], reads: field(data, 512 + 71, 512 + 64) };
    };
    expectStatus(await ns.read(qpair, 0n, sector()));
    const first = await log(true);
    expect(first).toEqual({ generation: 1, reads: 1n });
    expectStatus(await ns.read(qpair, 0n, sector()));
    expect(await log(false)).toEqual(first);
    expect(await log(true)).toEqual({ generation: 2, reads: 2n });
    const { completion, data } = await controller.getLogPage(8, 512);
    expectStatus(completion);
    expect([data[0], data[382]]).toEqual([8, 0]);
    expectStatus((await controller.getLogPage(0x0c, 512)).completion, 1, 0x09);
  }));

test("a controller that hears nothing for longer than its keep alive time stops, and a reset brings it back", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    expectStatus(await controller.setFeature(0x0f, 60_000));
    expectStatus(await new AdminCommands(controller).keepAlive());
    expect((await controller.readRegister(0x1c, 4)) & 2n).toBe(0n);
    expectStatus(await controller.setFeature(0x0f, 1));
    while (((await controller.readRegister(0x1c, 4)) & 2n) === 0n)
      await new Promise((resolve) => setTimeout(resolve, 1));
    expect((await controller.reset()).ok).toBe(true);
    expectStatus(await ns.read(qpair, 0n, sector()));
  }));

test("under weighted round robin every class is served, without it a priority is refused", async () => {
  await withDrive({ spec: { weightedRoundRobin: true } }, async ({ controller, ns }) => {
    expect(((await controller.readRegister(0, 8)) >> 17n) & 1n).toBe(1n);
    expectStatus(await controller.setFeature(1, 0x0703_0100 | 3));
    for (const priority of [0, 1, 2, 3] as const) {
      const qpair = await controller.createQpair({ depth: 16, priority });
      const reads = Array.from({ length: 15 }, (_, i) => ns.read(qpair, BigInt(i), sector()));
      for (const completion of await Promise.all(reads)) expectStatus(completion);
    }
  });
  await withDrive({}, ({ controller }) =>
    expect(controller.createQpair({ depth: 16, priority: 1 })).rejects.toMatchObject({ code: "ERR_QPAIR" }),
  );
});
