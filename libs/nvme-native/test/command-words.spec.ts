/** What a script says of a command's dwords stands in the command that was sent, as the flight recorder has it. */
import { Buffer, expectStatus, type Qpair } from "../src";
import { withDrive } from "./bench-drive";

const sent = (qpair: Qpair) => qpair.cmdlog(1)[0]!.submission;
const sector = () => new Uint8Array(512);

test("hints, directives and tags are or-ed into reads, writes and the commands without data", () =>
  withDrive({}, async ({ ns, qpair }) => {
    const cdw = { cdw2: 2, cdw3: 3, cdw12: 0x0010_0000, cdw13: 0x0005_0007, cdw14: 14, cdw15: 15 };
    const words = { 2: 2, 3: 3, 13: 0x0005_0007, 14: 14, 15: 15 };
    await ns.write(qpair, 1n, sector(), { cdw, fua: true });
    expect(sent(qpair)).toMatchObject({ ...words, 10: 1, 12: 0x4010_0000 });
    await ns.read(qpair, 1n, sector(), { cdw });
    expect(sent(qpair)).toMatchObject({ ...words, 12: 0x0010_0000 });
    await ns.writeZeroes(qpair, 1n, 8, { cdw, limitedRetry: true, deallocate: true });
    expect(sent(qpair)).toMatchObject({ ...words, 12: 0x8210_0007 });
    await ns.verifyLbas(qpair, 1n, 8, { cdw, limitedRetry: true });
    expect(sent(qpair)).toMatchObject({ ...words, 12: 0x8010_0007 });
    await ns.copy(qpair, [{ slba: 0n, lbaCount: 1 }], 9n, { cdw, fua: true });
    expect(sent(qpair)).toMatchObject({ ...words, 10: 9, 12: 0x4010_0000 });
  }));

test("bits that would change a command's length are refused", () =>
  withDrive({}, async ({ ns, qpair }) => {
    await expect(ns.read(qpair, 0n, sector(), { cdw: { cdw12: 1 } })).rejects.toThrow(
      "flags.cdw.cdw12 is 1, its bits 15:0 must be 0: they are the LBA count",
    );
    await expect(ns.read(qpair, 0n, sector(), { cdw: { cdw10: 1 } as object })).rejects.toThrow(
      'flags.cdw has no option "cdw10"; it knows cdw2, cdw3, cdw12, cdw13, cdw14, cdw15',
    );
    await expect(ns.read(qpair, 0n, sector(), { fua: 1 as never })).rejects.toThrow("flags.fua is 1");
  }));

test("a raw command has every dword, and two halves of a fused operation", () =>
  withDrive({}, async ({ ns, qpair }) => {
    expectStatus(await ns.write(qpair, 7n, sector().fill(1)));
    const halves = [
      ns.io(qpair, { opcode: 5, fuse: 1, cdw10: 7 }, sector().fill(1), "to-device"),
      ns.io(qpair, { opcode: 1, fuse: 2, cdw10: 7 }, sector().fill(2), "to-device"),
    ];
    for (const half of await Promise.all(halves)) expectStatus(half);
    const data = sector();
    expectStatus(await ns.io(qpair, { opcode: 2, cdw2: 5, cdw3: 6, cdw10: 7 }, data, "from-device"));
    expect([data[0], sent(qpair)[2], sent(qpair)[3]]).toEqual([2, 5, 6]);
    await expect(ns.io(qpair, { opcode: 2, fuse: 4 })).rejects.toThrow("command.fuse is 4");
  }));

test("Dataset Management has any attributes, and takes ranges of a buffer as they stand there", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const written = new Uint8Array(16 * 512).fill(9);
    expectStatus(await ns.write(qpair, 0n, written));
    const ranges = controller.createBuffer(4096);
    ranges.setDsmRange(0, 0n, 4, 0x0401).setDsmRange(1, 8n, 4).setDsmRange(2, 12n, 4);
    for (const data of [ranges, new Buffer(512).set(0, ranges.bytes.slice(0, 512))])
      expectStatus(await ns.datasetManagement(qpair, { data, count: 2 }, { integralRead: true, deallocate: true }));
    expect(sent(qpair)).toMatchObject({ 10: 1, 11: 5 });
    const read = new Uint8Array(16 * 512);
    expectStatus(await ns.read(qpair, 0n, read));
    expect(Array.from({ length: 16 }, (_, lba) => read[lba * 512])).toEqual([
      ...[0, 0, 0, 0, 9, 9, 9, 9],
      ...[0, 0, 0, 0, 9, 9, 9, 9],
    ]);
    // Without "deallocate" the drive is only told.
    expectStatus(
      await ns.datasetManagement(qpair, [{ slba: 4n, lbaCount: 4, attributes: 1 }], { integralWrite: true }),
    );
    expect(sent(qpair)[11]).toBe(2);
    expectStatus(await ns.compare(qpair, 4n, written.subarray(0, 4 * 512)));
    await expect(ns.datasetManagement(qpair, { data: sector(), count: 33 }, {})).rejects.toThrow(
      "ranges has 512 bytes, it must have 528 to 4096",
    );
    await expect(ns.datasetManagement(qpair, { data: sector(), count: 257 }, {})).rejects.toThrow("count is 257");
  }));
