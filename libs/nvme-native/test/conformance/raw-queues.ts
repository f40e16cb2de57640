/** Queues by hand: their creation, roll-over, pages and doorbells (X01, X04, X06, B051); which there are (X13). */
import { type BareAdmin, driver, expectStatus } from "../../src";
import { worker } from "../bench-drive";
import { behaviour, isQemu } from "./behaviour";
import { BY_HAND, byHand, queues, status } from "./by-hand";

behaviour("X01", "a wrong Create or Delete of a queue ends with its own status", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    const create = async (qid: number, entries: number, vector?: number) =>
      status(
        await admin.execute(
          device
            .completionQueue({ qid, entries })
            .createCommand(vector === undefined ? {} : { vector, interrupts: true }),
        ),
      );
    expect(await create(5, 16)).toBe("00/00");
    expect(await create(5, 16)).toBe("01/01");
    expect(await create(0, 16)).toBe("01/01");
    expect(await create(6, 1)).toBe("01/02");
    expect(await create(6, 16, 2047)).toBe("01/08");
    expect(await create(6, 16, 2049)).toBe("01/08");
    if (isQemu(bench)) bench.differs("the deletion of another id is 01/00 on QEMU's drive, not 01/01");
    expect(status(await admin.execute({ opcode: 0x04, cdw10: 6 }))).toBe(isQemu(bench) ? "01/00" : "01/01");
    const missing = device.completionQueue({ qid: 7, entries: 4 });
    const orphan = device.submissionQueue({ qid: 5, entries: 4, completionQueue: missing });
    expect(status(await admin.execute(orphan.createCommand()))).toBe("01/00");
    const cq = device.completionQueue({ qid: 8, entries: 4 });
    const sq = device.submissionQueue({ qid: 8, entries: 4, completionQueue: cq });
    expectStatus(await admin.execute(cq.createCommand()));
    expectStatus(await admin.execute(sq.createCommand()));
    expect(status(await admin.execute(cq.deleteCommand()))).toBe("01/0c");
  }),
);

behaviour("X04", "queues of 2 to 31 entries roll over: status, SQ head and phase of each lap", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    for (let entries = 2; entries <= 31; entries++) {
      const { cq, sq } = await queues(device, admin, { entries });
      const commands = 3 * entries + 3;
      const seen = [];
      for (let i = 0; i < commands; i++) {
        sq.post({ opcode: 0x00, nsid: 1 });
        await sq.ring();
        const [entry] = await cq.wait(1);
        seen.push([status(entry!), entry!.sqhd, entry!.phase]);
      }
      const expected = Array.from({ length: commands }, (_, i) => [
        "00/00",
        (i + 1) % entries,
        Math.floor(i / entries) % 2 === 0 ? 1 : 0,
      ]);
      expect(seen).toEqual(expected);
      expectStatus(await admin.execute(sq.deleteCommand()));
      expectStatus(await admin.execute(cq.deleteCommand()));
      sq.memory.free();
      cq.memory.free();
    }
  }),
);

behaviour("X04", "two submission queues share one completion queue", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    const { cq, sq } = await queues(device, admin, { entries: 8 });
    const second = device.submissionQueue({ qid: 3, entries: 8, completionQueue: cq });
    expectStatus(await admin.execute(second.createCommand()));
    for (let i = 0; i < 3; i++) {
      sq.post({ opcode: 0x00, nsid: 1, cid: 100 + i });
      second.post({ opcode: 0x00, nsid: 1, cid: 200 + i });
    }
    await second.ring();
    await sq.ring();
    const entries = await cq.wait(6);
    const of = (sqid: number) => {
      const cids = entries.filter((entry) => entry.sqid === sqid).map((entry) => entry.cid);
      return isQemu(bench) ? cids.sort() : cids;
    };
    if (isQemu(bench)) bench.differs("commands end in any order, as they may: each once, in its own queue");
    expect(of(1)).toEqual([100, 101, 102]);
    expect(of(3)).toEqual([200, 201, 202]);
  }),
);

behaviour("X06", "queues of pages without neighbouring addresses work like others", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    if (((await device.readRegister(0, 8)) & 0x1_0000n) !== 0n) bench.skip("CAP.CQR is 1: contiguous queues only");
    const entries = 600;
    const { cq, sq } = await queues(device, admin, { entries, scattered: true });
    expect(sq.memory.physical(4096) - sq.memory.physical(0)).not.toBe(4096n);
    for (let lap = 0; lap < 2; lap++) {
      for (let i = 0; i < entries - 1; i++) sq.post({ opcode: 0x00, nsid: 1 });
      await sq.ring();
      expect((await cq.wait(entries - 1)).every((entry) => status(entry) === "00/00")).toBe(true);
    }
    expectStatus(await admin.execute(sq.deleteCommand()));
    expectStatus(await admin.execute(cq.deleteCommand()));
  }),
);

behaviour("X06", "a drive of contiguous queues only refuses pages apart with 00/02", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    const cap = await device.readRegister(0, 8);
    if ((cap & 0x1_0000n) === 0n) bench.skip("CAP.CQR is 0: queues may lie anywhere");
    if (bench.host === "spdk-pcie") bench.skip("SPDK's memory comes in hugepages: there are no pages apart");
    const entries = Math.min(600, Number(cap & 0xffffn) + 1);
    const cq = device.completionQueue({ qid: 1, entries, scattered: true });
    expect(status(await admin.execute(cq.createCommand()))).toBe("00/02");
    const whole = device.completionQueue({ qid: 1, entries: 4 });
    expectStatus(await admin.execute(whole.createCommand()));
    const sq = device.submissionQueue({ qid: 1, entries, scattered: true, completionQueue: whole });
    expect(status(await admin.execute(sq.createCommand()))).toBe("00/02");
  }),
);

/** With a request for events that the drive has taken: it fetches admin commands in their order. */
async function listening(admin: BareAdmin) {
  const event = admin.execute({ opcode: 0x0c });
  expectStatus(await admin.execute({ opcode: 0x0a, cdw10: 7 }));
  return { event };
}

behaviour("B051", "an SQ tail outside the queue is an event 00010100h, and the queue goes on", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    const { cq, sq } = await queues(device, admin, { entries: 16 });
    const { event } = await listening(admin);
    await sq.ring(17);
    expect((await event).cdw0).toBe(0x0001_0100);
    sq.post({ opcode: 0x00, nsid: 1 });
    await sq.ring();
    expect(status((await cq.wait(1))[0]!)).toBe("00/00");
  }),
);

behaviour("B051", "a CQ head that passes the tail is the same event, once the error log was read", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    if (bench.host === "spdk-vfio-user") bench.skip("SPDK's target looks at no head doorbell before its queue is full");
    if (isQemu(bench)) bench.skip("QEMU's drive takes any head inside the queue");
    const { cq, sq } = await queues(device, admin, { entries: 16 });
    const { event } = await listening(admin);
    await sq.ring(17);
    expect((await event).cdw0).toBe(0x0001_0100);
    const log = device.allocate(4096);
    const { event: again } = await listening(admin);
    await cq.ring(9);
    expectStatus(await admin.execute({ opcode: 0x02, cdw10: (15 << 16) | 1, prp1: log.physical() }));
    expect((await again).cdw0).toBe(0x0001_0100);
  }),
);

behaviour("B051", "the doorbell of a queue that is not there is an event 00010000h", BY_HAND, (bench) =>
  byHand(bench, async (device, admin) => {
    if (bench.host === "spdk-vfio-user") bench.skip("SPDK's target looks at the doorbells of its queues only");
    const { event } = await listening(admin);
    await device.doorbell(9, 0, 1);
    expect((await event).cdw0).toBe(0x0001_0000);
  }),
);

behaviour("X13", "the list of queues follows controllers, queue pairs and workers", {}, async (bench) => {
  const { controller, ns, qpair } = bench;
  const qids = async () =>
    (await driver.queues()).filter((queue) => queue.controller === controller).map((queue) => queue.qid);
  expect(await qids()).toEqual([0, qpair.qid]);
  const second = await controller.createQpair({ depth: 8 });
  expect(await driver.queues()).toContainEqual({
    controller,
    qid: second.qid,
    depth: 8,
    outstanding: 0,
    label: "qpair",
  });
  const running = ns.startIoWorker(worker({ depth: 4, timeMs: 3_600_000, sampleMs: 10 }));
  for await (const event of running) if (event.type === "sample") break;
  expect(await qids()).toHaveLength(4);
  running.stop();
  await running.result;
  expect(await qids()).toEqual([0, qpair.qid, second.qid]);
  await second.delete();
  expect(await qids()).toEqual([0, qpair.qid]);
  await controller.close();
  expect(await qids()).toEqual([]);
});
