/** Commands by hand: addresses, a power cut behind one doorbell, a wrong namespace (X05, X07, X08). */
import { driver, expectStatus } from "../../src";
import { behaviour, isQemu } from "./behaviour";
import { BY_HAND, byHand, queues, status } from "./by-hand";

const MODEL = { on: ["model"] as const };
const LBA_BYTES = 512;

for (const [lbas, offset] of [
  [12, 2048],
  [40, 2048],
  [64, 0],
] as const) {
  behaviour("X05", `${lbas} LBAs through PRPs from offset ${offset} land on their dwords`, BY_HAND, (bench) =>
    byHand(bench, async (device, admin) => {
      const { cq, sq } = await queues(device, admin, { entries: 8 });
      const bytes = lbas * LBA_BYTES;
      // SPDK's memory for PCIe comes in hugepages: no pages apart there.
      const memory = device.allocate(offset + bytes + 4096, { scattered: bench.host !== "spdk-pcie" });
      for (let at = 0; at < memory.size; at += 4) memory.bytes.writeUInt32LE(at * 7 + 1, at);
      const sent = Buffer.from(memory.bytes);
      const { prp1, prp2 } = device.prp(memory, offset, bytes);
      const move = { nsid: 1, cdw10: 3, cdw12: lbas - 1, prp1, prp2 };
      sq.post({ opcode: 0x01, ...move });
      await sq.ring();
      expect(status((await cq.wait(1))[0]!)).toBe("00/00");
      memory.bytes.fill(0xee);
      sq.post({ opcode: 0x02, ...move });
      await sq.ring();
      expect(status((await cq.wait(1))[0]!)).toBe("00/00");
      expect(memory.bytes.subarray(offset, offset + bytes).equals(sent.subarray(offset, offset + bytes))).toBe(true);
      const outside = [...memory.bytes.subarray(0, offset), ...memory.bytes.subarray(offset + bytes)];
      expect(outside.every((byte) => byte === 0xee)).toBe(true);
    }),
  );
}

behaviour("X05", "an address that nobody lent ends with 00/04, a crooked one with 00/13", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    const { cq, sq } = await queues(device, admin, { entries: 16 });
    const good = device.allocate(4096);
    const list = device.prpList([good.physical(), 0xdead_b000n, good.physical()]);
    const crooked = device.prpList([good.physical() + 4n, good.physical(), good.physical()]);
    // Seen with v26.05.
    if (bench.host === "spdk-vfio-user")
      bench.differs("SPDK's target ends what it cannot map with 00/06, and takes offsets that must be 0 as they come");
    const [nowhere, bent] = bench.host === "spdk-vfio-user" ? ["00/06", "00/00"] : ["00/04", "00/13"];
    const wrong: [Partial<{ prp1: bigint; prp2: bigint }>, number, string][] = [
      [{ prp1: 0x7fff_0000_0000n }, 1, nowhere],
      [{ prp1: 0xffff_ffff_ffff_f000n }, 1, nowhere],
      [{ prp1: good.physical(), prp2: 0x1000n }, 16, nowhere],
      [{ prp1: good.physical(), prp2: list.physical() }, 32, nowhere],
      [{ prp1: good.physical(), prp2: crooked.physical() }, 32, bent],
      [{ prp1: good.physical(), prp2: good.physical() + 8n }, 16, bent],
      [{}, 1, bench.host === "spdk-vfio-user" ? nowhere : "00/13"],
    ];
    if (isQemu(bench))
      bench.differs(
        "QEMU's drive does not notice what its IOMMU refuses and takes 0 as an address: crooked ones alone",
      );
    const shown = isQemu(bench)
      ? wrong.filter(([pointers, , expected]) => expected === bent && "prp2" in pointers)
      : wrong;
    for (const [pointers, lbas, expected] of shown) {
      for (const opcode of [0x01, 0x02, 0x05]) {
        sq.post({ opcode, nsid: 1, cdw12: lbas - 1, ...pointers });
        await sq.ring();
        expect([opcode, lbas, status((await cq.wait(1))[0]!)]).toEqual([opcode, lbas, expected]);
      }
    }
  }),
);

behaviour("X05", "memory that was given back leads nowhere: 00/04", MODEL, (bench) =>
  byHand(bench, async (device, admin) => {
    const { cq, sq } = await queues(device, admin, { entries: 16 });
    const page = device.allocate(4096);
    const gone = page.physical();
    page.free();
    for (const opcode of [0x01, 0x02, 0x05]) {
      sq.post({ opcode, nsid: 1, prp1: gone });
      await sq.ring();
      expect(status((await cq.wait(1))[0]!)).toBe("00/04");
    }
  }),
);

behaviour("X05", "memory that was given back is nobody else's while the device may reach it", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    const { cq, sq } = await queues(device, admin, { entries: 16 });
    const page = device.allocate(4096);
    const gone = page.physical();
    page.free();
    const others = Array.from({ length: 64 }, () => device.allocate(4096));
    sq.post({ opcode: 0x02, nsid: 1, prp1: gone });
    await sq.ring();
    await cq.wait(1);
    expect(others.every((other) => other.physical() !== gone && other.bytes.every((byte) => byte === 0))).toBe(true);
  }),
);

behaviour("X05", "a queue whose memory is taken away ends in CSTS.CFS, and the next bring-up works", MODEL, (bench) =>
  byHand(bench, async (device, admin) => {
    const { sq } = await queues(device, admin, { entries: 8 });
    sq.post({ opcode: 0x00, nsid: 1 });
    sq.memory.free();
    await sq.ring();
    while (((await device.readRegister(0x1c, 4)) & 2n) === 0n) await new Promise(setImmediate);
    const again = await device.bringUp();
    expectStatus(await again.execute({ opcode: 0x0a, cdw10: 7 }));
  }),
);

behaviour(
  "X07",
  "127 writes behind one doorbell, a power cut without reaping: LBA 126 is old or new",
  { on: ["model", "spdk-pcie"], needs: ["power-switch"] },
  async (bench) => {
    const [old, fresh] = [0x11, 0x77];
    const sector = new Uint8Array(LBA_BYTES);
    expectStatus(await bench.ns.write(bench.qpair, 126n, sector.fill(old), { fua: true }));
    await byHand(bench, async (device, admin) => {
      const { sq } = await queues(device, admin, { entries: 128 });
      const data = device.allocate(4096);
      data.bytes.fill(fresh);
      for (let i = 0; i < 127; i++) sq.post({ opcode: 0x01, nsid: 1, cdw10: i, prp1: data.physical() });
      await sq.ring();
      const powerOn = await bench.vanish();
      await expect(device.readRegister(0x1c, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
      await powerOn();
    });
    const controller = await driver.open(bench.controller.address);
    try {
      const ns = await controller.namespace(1);
      const qpair = await controller.createQpair({ depth: 4 });
      expectStatus(await ns.read(qpair, 126n, sector.fill(0)));
      expect([old, fresh]).toContain(sector[0]);
      expect(sector.every((byte) => byte === sector[0])).toBe(true);
    } finally {
      await controller.close();
    }
  },
);

behaviour("X08", "a write uncorrectable for namespace 0 ends with 00/0b", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    const { cq, sq } = await queues(device, admin, { entries: 4 });
    sq.post({ opcode: 0x04, nsid: 0 });
    await sq.ring();
    expect(status((await cq.wait(1))[0]!)).toBe("00/0b");
  }),
);
