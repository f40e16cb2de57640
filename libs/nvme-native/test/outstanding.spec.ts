/** What the drive has at this moment, and aborting it; a stream of events after it failed. */
import { type Controller, driver, expectStatus } from "../src";
import { codeOf, withDrive, worker } from "./bench-drive";

const SLOW = { readUs: 30_000_000, writeUs: 1, flushUs: 1, jitterPercent: 0 };
const read = 2;

/** A command that the drive has not fetched yet is not found; it is asked again. */
async function abort(controller: Controller, cid: number, sqid = 0): Promise<void> {
  for (;;) if ((expectStatus(await controller.commands.abort(cid, sqid)).cdw0 & 1) === 0) return;
}

test("commands that the drive still has are told with their cids, newest first, and each can be aborted by its own", () =>
  withDrive({ spec: { latency: SLOW } }, async ({ controller, ns, qpair }) => {
    expect(await qpair.outstanding()).toEqual([]);
    const reads = [0n, 1n, 2n].map((slba) => ns.read(qpair, slba, new Uint8Array(512)));
    const found = await qpair.outstanding();
    expect(found).toMatchObject([
      { opcode: read, slba: 2n, outstanding: true, completion: null },
      { opcode: read, slba: 1n },
      { opcode: read, slba: 0n },
    ]);
    expect(new Set(found.map(({ cid }) => cid)).size).toBe(3);
    // The one in the middle; the others stay.
    await abort(controller, found[1]!.cid, qpair.qid);
    expectStatus((await reads[1])!, 0, 0x07);
    expect((await qpair.outstanding()).map(({ slba }) => slba)).toEqual([2n, 0n]);
    for (const { cid } of [found[0]!, found[2]!]) await abort(controller, cid, qpair.qid);
    for (const completion of await Promise.all(reads)) expectStatus(completion, 0, 0x07);
    expect(await qpair.outstanding()).toEqual([]);
  }));

test("the list of queues says how many commands each has with the drive, workers' too", () =>
  withDrive({ spec: { latency: SLOW } }, async ({ controller, ns, qpair }) => {
    const counts = async () => (await driver.queues()).filter((queue) => queue.controller === controller);
    expect(await counts()).toMatchObject([{ outstanding: 0 }, { outstanding: 0 }]);
    const reads = [0n, 1n, 2n].map((slba) => ns.read(qpair, slba, new Uint8Array(512)));
    const request = controller.admin({ opcode: 0x0c });
    const busy = ns.startIoWorker(worker({ depth: 5, timeMs: 3_600_000, sampleMs: 10 }));
    // The first sample comes when the worker has filled its queue: its reads take half a minute.
    for await (const event of busy) if (event.type === "sample") break;
    const found = await qpair.outstanding();
    expect(await controller.outstanding()).toHaveLength(1);
    expect(await counts()).toMatchObject([
      { label: "admin", outstanding: 1 },
      { label: "qpair", outstanding: 3 },
      { label: "ioworker 0", outstanding: 5 },
    ]);
    await abort(controller, found[0]!.cid, qpair.qid);
    expectStatus((await reads[2])!, 0, 0x07);
    expect((await counts())[1]).toMatchObject({ outstanding: 2 });
    await controller.reset();
    await Promise.all([request, busy.result, ...reads]);
    expect(await counts()).toMatchObject([{ outstanding: 0 }, { outstanding: 0 }]);
  }));

test("what waits for room in the queue is not with the drive", () =>
  withDrive({ spec: { latency: SLOW }, depth: 4 }, async ({ controller, ns, qpair }) => {
    const reads = Array.from({ length: 5 }, (_, i) => ns.read(qpair, BigInt(i), new Uint8Array(512)));
    expect(await qpair.outstanding()).toHaveLength(3);
    await controller.reset();
    for (const completion of await Promise.all(reads.slice(0, 3))) expectStatus(completion, 7, 0x82);
  }));

test("admin commands too: a request for events is aborted", () =>
  withDrive({}, async ({ controller }) => {
    const request = controller.admin({ opcode: 0x0c });
    const [found] = await controller.outstanding();
    expect(found).toMatchObject({ qid: 0, opcode: 0x0c, name: "Asynchronous Event Request" });
    await abort(controller, found!.cid);
    expectStatus(await request, 0, 0x07);
    await controller.close();
    expect(await controller.outstanding()).toEqual([]);
  }));

test("a stream of events that the drive refused, or that met a freeze, is no end of events", () =>
  withDrive({}, async ({ controller, ns }) => {
    // As many requests as the drive takes at all (AERL, zero-based), so that one more is refused.
    const most = controller.identity.raw[259]! + 1;
    const requests = Array.from({ length: most }, () => controller.admin({ opcode: 0x0c }));
    expect(await codeOf(() => controller.commands.events().next())).toBe("ERR_UNSUPPORTED");

    const frozen = ns.startIoWorker(
      worker({ operations: [{ opcode: 0x99, percent: 100 }], readPercent: undefined, ioCount: 1, onError: "freeze" }),
    );
    for await (const event of frozen) if (event.type === "frozen") break;
    expect(await codeOf(() => controller.commands.events().next())).toBe("ERR_FROZEN");
    frozen.release();
    await frozen.result;

    for (const { cid } of await controller.outstanding()) await abort(controller, cid);
    for (const completion of await Promise.all(requests)) expectStatus(completion, 0, 0x07);
    const event = controller.commands.events().next();
    expectStatus(await controller.commands.sanitize("blockErase"));
    expect((await event).value).toMatchObject({ type: 6, logPage: 0x81 });
  }));

test("a worker says whether it runs", () =>
  withDrive({}, async ({ ns }) => {
    const handle = ns.startIoWorker(worker({ timeMs: 3_600_000, sampleMs: 20 }));
    expect(handle.running).toBe(true);
    for await (const event of handle) if (event.type === "sample") break;
    expect(handle.running).toBe(true);
    handle.stop();
    await handle.result;
    expect(handle.running).toBe(false);
  }));

test("a log page is read into a buffer, of which the rest stays as it was", () =>
  withDrive({}, async ({ controller }) => {
    const buffer = controller.createBuffer(1024, { pattern: "ones" });
    buffer.size = 512;
    buffer.offset = 256;
    const { completion, data } = await controller.getLogPage(2, buffer);
    expectStatus(completion);
    expect(data).toEqual((await controller.getLogPage(2, 512)).data);
    expect(buffer.bytes.subarray(256, 768)).toEqual(data);
    expect([buffer.get(255), buffer.get(768)]).toEqual([0xff, 0xff]);
    await expect(controller.getLogPage(2, new Uint8Array(510))).rejects.toThrow("data.length is 510");
  }));

test("a stream of events is left at once, also while its next event is waited for", () =>
  withDrive({}, async ({ controller }) => {
    const events = controller.commands.events();
    const nothing = [events.next(), events.next()];
    expect(await events.return()).toEqual({ done: true, value: undefined });
    expect(await Promise.all(nothing)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    // Its request is still there, and the event goes to the next one.
    const event = controller.commands.events().next();
    expectStatus(await controller.commands.sanitize("blockErase"));
    expect((await event).value).toMatchObject({ type: 6, logPage: 0x81 });
    expect((await controller.outstanding()).filter(({ opcode }) => opcode === 0x0c)).toHaveLength(1);
  }));
