import { readFileSync, rmSync } from "node:fs";
import { decodeCmdlog } from "@assay/protocol";
import { driver, statusText } from "../src";
import { makeDrive, temporaryFolder, withDrive } from "./bench-drive";

const status = (completion: { sct: number; sc: number }) => statusText(completion);

test("what is written is read back, and only there", () =>
  withDrive({}, async ({ ns, qpair }) => {
    const written = Uint8Array.from({ length: 8 * 512 }, (_, i) => (i * 7) & 0xff);
    expect(status(await ns.write(qpair, 5n, written))).toBe("00/00");
    const read = new Uint8Array(10 * 512);
    expect(status(await ns.read(qpair, 4n, read))).toBe("00/00");
    expect(Buffer.from(read.subarray(512, 9 * 512)).equals(Buffer.from(written))).toBe(true);
    expect(read.subarray(0, 512).every((byte) => byte === 0)).toBe(true);
    expect(read.subarray(9 * 512).every((byte) => byte === 0)).toBe(true);
  }));

test("identify tells what the drive was made as", () =>
  withDrive({ spec: { nguid: "00112233445566778899aabbccddeeff", maxQpairs: 3 } }, async ({ controller, ns }) => {
    expect(controller.identity).toMatchObject({
      model: "ASSAY SIM TEST",
      serial: "TEST0001",
      firmware: "1.0",
      vwc: true,
      maxQpairs: 3,
      maxQueueEntries: 1024,
    });
    expect(await controller.activeNamespaces()).toEqual([1]);
    expect(ns.identity).toMatchObject({ lbaBytes: 512, lbaCount: 32768n, nguid: "00112233445566778899aabbccddeeff" });
    expect(ns.identity.lbaFormats.map((format) => [format.lbaBytes, format.metadataBytes])).toEqual([
      [512, 0],
      [4096, 0],
      [512, 8],
      [4096, 8],
      [4096, 64],
      [4096, 16],
      [4096, 16],
      [4096, 64],
      [512, 8],
      [4096, 8],
      [4096, 16],
      [4096, 16],
      [4096, 16],
      [4096, 64],
      [4096, 16],
    ]);
    const registers = await controller.registers();
    expect(Number(registers.vs)).toBe(controller.identity.version);
    expect(registers.csts! & 1n).toBe(1n);
  }));

describe("a wrong command ends with the status that the specification names", () => {
  const cases: [
    string,
    string,
    Parameters<typeof withDrive>[1] extends (bench: infer B) => unknown
      ? (bench: B) => Promise<{ sct: number; sc: number }>
      : never,
  ][] = [
    ["an unknown admin opcode", "00/01", ({ controller }) => controller.admin({ opcode: 0xff })],
    ["Get Features with fid 0", "00/02", ({ controller }) => controller.getFeature(0)],
    [
      "a log page that is not there",
      "01/09",
      async ({ controller }) => (await controller.getLogPage(0x7f, 512)).completion,
    ],
    ["an unknown I/O opcode", "00/01", ({ ns, qpair }) => ns.io(qpair, { opcode: 0xff })],
    ["flush with nsid 0", "00/0b", ({ ns, qpair }) => ns.io(qpair, { opcode: 0, nsid: 0 })],
    ["a read past the end", "00/80", ({ ns, qpair }) => ns.read(qpair, 32768n, new Uint8Array(512))],
    [
      "a read that starts inside and ends outside",
      "00/80",
      ({ ns, qpair }) => ns.read(qpair, 32767n, new Uint8Array(1024)),
    ],
    [
      "more than MDTS",
      "00/02",
      ({ ns, qpair }) => ns.io(qpair, { opcode: 2, cdw12: 4095 }, new Uint8Array(2 << 20), "from-device"),
    ],
    ["compare with other data", "02/85", ({ ns, qpair }) => ns.compare(qpair, 0n, new Uint8Array(512).fill(1))],
    ["format with an unknown LBA format", "01/0a", ({ controller }) => controller.format(1, { lbaFormat: 15 })],
    ["format of nsid 0", "00/0b", ({ controller }) => controller.format(0, { lbaFormat: 0 })],
    ["setting a power state that is not there", "00/02", ({ controller }) => controller.setFeature(2, 7)],
    [
      "a fifth asynchronous event request",
      "01/05",
      async ({ controller }) => {
        for (let i = 0; i < 4; i++) void controller.admin({ opcode: 0x0c }).catch(() => {});
        return controller.admin({ opcode: 0x0c });
      },
    ],
  ];
  test.each(cases)("%s: %s", (_, expected, act) =>
    withDrive({}, async (bench) => {
      expect(status(await act(bench))).toBe(expected);
    }),
  );
});

test("write zeroes, deallocate and write uncorrectable do what they say", () =>
  withDrive({}, async ({ ns, qpair }) => {
    const ones = new Uint8Array(16 * 512).fill(1);
    const read = new Uint8Array(16 * 512);
    await ns.write(qpair, 0n, ones);
    await ns.writeZeroes(qpair, 8n, 7);
    await ns.deallocate(qpair, [{ slba: 0n, lbaCount: 2 }]);
    await ns.read(qpair, 0n, read);
    const zero = (lba: number) => read.subarray(lba * 512, (lba + 1) * 512).every((byte) => byte === 0);
    expect(Array.from({ length: 16 }, (_, lba) => (zero(lba) ? 0 : 1))).toEqual([
      0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1,
    ]);
    await ns.io(qpair, { opcode: 4, cdw10: 3, cdw12: 0 });
    expect(status(await ns.read(qpair, 0n, read))).toBe("02/81");
    await ns.write(qpair, 3n, new Uint8Array(512));
    expect(status(await ns.read(qpair, 0n, read))).toBe("00/00");
  }));

test("set features keeps its value over a reset only where it was saved, and number of queues is the drive's", () =>
  withDrive({}, async ({ controller }) => {
    const before = await controller.getFeature(5);
    await controller.setFeature(5, before.cdw0 + 1, { save: true });
    expect((await controller.getFeature(5)).cdw0).toBe(before.cdw0 + 1);
    await controller.setFeature(5, before.cdw0);
    await controller.reset();
    expect((await controller.getFeature(5)).cdw0).toBe(before.cdw0 + 1);
    expect((await controller.getFeature(7)).cdw0).toBe((15 << 16) | 15);
    expect((await controller.setFeature(7, 0xfffe_fffe)).sc).toBe(0);
  }));

test("format changes the LBA size and erases", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    await ns.write(qpair, 1n, new Uint8Array(512).fill(9));
    expect(status(await controller.format(1, { lbaFormat: 1 }))).toBe("00/00");
    const fresh = await controller.namespace(1);
    expect(fresh.identity).toMatchObject({ lbaBytes: 4096, lbaCount: 4096n });
    const read = new Uint8Array(4096).fill(1);
    await fresh.read(qpair, 0n, read);
    expect(read.every((byte) => byte === 0)).toBe(true);
  }));

test("SMART, error and firmware logs tell what happened", () =>
  withDrive({}, async ({ controller, ns, qpair, drive }) => {
    const smart = async () => {
      const { data } = await controller.getLogPage(2, 512);
      const view = new DataView(data.buffer, data.byteOffset);
      const at = (offset: number) => Number(view.getBigUint64(offset, true));
      return {
        reads: at(64),
        writes: at(80),
        cycles: at(112),
        unsafe: at(144),
        media: at(160),
        errors: at(176),
        kelvin: view.getUint16(1, true),
      };
    };
    const before = await smart();
    await ns.write(qpair, 0n, new Uint8Array(512));
    await ns.read(qpair, 0n, new Uint8Array(512));
    await ns.io(qpair, { opcode: 4, cdw10: 7 });
    await ns.read(qpair, 7n, new Uint8Array(512));
    const after = await smart();
    expect([
      after.reads - before.reads,
      after.writes - before.writes,
      after.media - before.media,
      after.errors - before.errors,
    ]).toEqual([2, 1, 1, 1]);
    expect(after.kelvin).toBeGreaterThan(273);
    const { data } = await controller.getLogPage(1, 64);
    expect(new DataView(data.buffer, data.byteOffset).getBigUint64(16, true)).toBe(7n);
    expect(Buffer.from((await controller.getLogPage(3, 512)).data.subarray(8, 16)).toString()).toBe("1.0     ");
    await driver.modelPower(drive, "off");
    await driver.modelPower(drive, "on");
    await controller.reopen();
    const cycled = await smart();
    expect([cycled.cycles - after.cycles, cycled.unsafe - after.unsafe]).toEqual([1, 1]);
    await controller.reset();
    expect((await smart()).cycles).toBe(cycled.cycles);
  }));

test("only the asked dwords of a log page arrive", () =>
  withDrive({}, async ({ controller }) => {
    const data = new Uint8Array(64).fill(0xee);
    await controller.admin({ opcode: 2, nsid: 0xffff_ffff, cdw10: (3 << 16) | 2 }, data, "from-device");
    expect(data.subarray(16).every((byte) => byte === 0xee)).toBe(true);
    expect(data[3]).toBe(100);
  }));

test("queue pairs come and go, and the drive's own limit stands", () =>
  withDrive({ spec: { maxQpairs: 3 } }, async ({ controller, ns }) => {
    const second = await controller.createQpair({ depth: 2 });
    const third = await controller.createQpair({ depth: 1024 });
    await expect(controller.createQpair({ depth: 8 })).rejects.toMatchObject({ code: "ERR_QPAIR" });
    await second.delete();
    const again = await controller.createQpair({ depth: 8 });
    expect(again.qid).toBe(second.qid);
    const reads = Array.from({ length: 1023 }, (_, i) => ns.read(third, BigInt(i), new Uint8Array(512)));
    expect((await Promise.all(reads)).every((completion) => completion.sc === 0 && !completion.local)).toBe(true);
    for (let i = 0; i < 50; i++) {
      await again.delete().catch(() => {});
      await (await controller.createQpair({ depth: 80 })).delete();
    }
  }));

test("an abort ends a command that waits", () =>
  withDrive({}, async ({ controller, folder }) => {
    const event = controller.admin({ opcode: 0x0c });
    await controller.getFeature(7); // sent behind it: by now it stands in the flight recorder
    const recorded = decodeCmdlog(readFileSync(`${folder}/0.cmdlog`)).entries.find(({ opcode }) => opcode === 0x0c)!;
    expect(await controller.admin({ opcode: 8, cdw10: recorded.cid * 0x1_0000 })).toMatchObject({ sc: 0, cdw0: 0 });
    expect(status(await event)).toBe("00/07");
  }));

test("a drive is held by one, and a file that is none is refused", async () => {
  const folder = temporaryFolder();
  try {
    const drive = await makeDrive(folder);
    const first = await driver.open({ transport: "model", path: drive });
    await expect(driver.open({ transport: "model", path: drive })).rejects.toMatchObject({ code: "ERR_LOCKED" });
    await first.close();
    const second = await driver.open({ transport: "model", path: drive });
    await second.close();
    await expect(driver.open({ transport: "model", path: __filename })).rejects.toMatchObject({ code: "ERR_OPEN" });
    await expect(driver.open({ transport: "model", path: `${drive}.absent` })).rejects.toMatchObject({
      code: "ERR_OPEN",
    });
    await expect(makeDrive(folder)).rejects.toMatchObject({ code: "ERR_FILE" });
    await expect(
      driver.open({ transport: "spdk-vfio-user", path: folder }).then((c) => c.close()),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(UNSUPPORTED|OPEN)$/),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
