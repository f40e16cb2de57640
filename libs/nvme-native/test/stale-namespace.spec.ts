/** A namespace object that no longer tells the truth about its sectors moves no data: they would end beyond the buffer. */
import { findLbaFormat, formatNamespace, type Namespace, namespacePage } from "../src";
import { codeOf, withDrive, worker } from "./bench-drive";

const sector = (bytes: number) => new Uint8Array(bytes);

test("after a format to other sectors the older object is refused, the new one works", () =>
  withDrive({}, async ({ controller, ns, qpair, folder }) => {
    const large = findLbaFormat(ns.identity, 4096)!;
    const { namespace: fresh } = await formatNamespace(controller, 1, { lbaFormat: large });
    await expect(ns.read(qpair, 0n, sector(512))).rejects.toMatchObject({
      code: "ERR_CLOSED",
      message:
        "namespace 1 was formatted to sectors of 4096+0 bytes, this object knows other ones: call controller.namespace(1) again",
    });
    for (const act of [
      () => ns.write(qpair, 0n, sector(512)),
      () => ns.compare(qpair, 0n, sector(512)),
      () => ns.startIoWorker(worker({ ioCount: 1 })).result,
      () => ns.openVerifyTable(`${folder}/t.verify`, 1n),
    ])
      expect(await codeOf(act)).toBe("ERR_CLOSED");
    expect(await ns.flush(qpair)).toMatchObject({ sct: 0, sc: 0 });
    expect(await fresh!.read(qpair, 0n, sector(4096))).toMatchObject({ sct: 0, sc: 0 });
  }));

test("a format to the same sectors, and one that the drive refused, change nothing", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    await controller.format(1, { lbaFormat: 0 });
    await controller.format(1, { lbaFormat: 15 });
    await controller.format(2, { lbaFormat: 1 });
    expect(await ns.read(qpair, 0n, sector(512))).toMatchObject({ sct: 0, sc: 0 });
    await controller.format(1, { lbaFormat: 1 });
    expect(await codeOf(() => ns.read(qpair, 0n, sector(512)))).toBe("ERR_CLOSED");
    await controller.format(1, { lbaFormat: 0 });
    expect(await ns.read(qpair, 0n, sector(512))).toMatchObject({ sct: 0, sc: 0 });
  }));

test("all objects of a namespace share its verify table: no write goes past it", () =>
  withDrive({}, async ({ controller, ns, qpair, folder }) => {
    await ns.openVerifyTable(`${folder}/t.verify`, 1n);
    ns.verifyReads(true);
    const other = await controller.namespace(1);
    expect(other).not.toBe(ns);
    for (const [i, object] of [ns, other, ns, other].entries()) {
      await object.write(qpair, 5n, sector(512).fill(i));
      for (const reader of [ns, other])
        expect(await reader.read(qpair, 5n, sector(512))).toMatchObject({ sct: 0, sc: 0 });
    }
    const worker = other.startIoWorker({ ioCount: 500, readPercent: 50, verify: true });
    expect(await worker.result).toMatchObject({ end: "done", miscompares: 0n });
    const region = { regionStartLba: 0n, regionLbas: ns.identity.lbaCount, written: true };
    expect(await ns.verify({ rule: "exact", ...region })).toMatchObject({ violations: 0n, coveragePercent: 100 });
    // Another format is another table's affair.
    await controller.format(1, { lbaFormat: 1 });
    expect(await codeOf(async () => (await controller.namespace(1)).verifyReads(true))).toBe("ERR_ARGUMENT");
  }));

test("metadata and protection information are part of the sectors", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    const lbaFormat = findLbaFormat(ns.identity, 512, 8)!;
    const { namespace: apart } = await formatNamespace(controller, 1, { lbaFormat });
    await controller.format(1, { lbaFormat, protection: 1 });
    expect(await codeOf(() => apart!.read(qpair, 0n, sector(512)))).toBe("ERR_CLOSED");
  }));

test("a deleted namespace is the drive's to refuse, one that took its nsid is not the older object's", () =>
  withDrive({ spec: { maxNamespaces: 2 } }, async ({ controller, ns, qpair }) => {
    const { commands } = controller;
    await commands.deleteNamespace(1);
    expect(await ns.read(qpair, 0n, sector(512))).toMatchObject({ sct: 0, sc: 2, local: false });
    const { cdw0: nsid } = await commands.createNamespace(namespacePage({ lbaCount: 1024n, lbaFormat: 1 }));
    await commands.attachNamespace(nsid, [0]);
    expect(nsid).toBe(1);
    expect(await codeOf(() => ns.read(qpair, 0n, sector(512)))).toBe("ERR_CLOSED");
    const fresh = await controller.namespace(1);
    expect(await fresh.read(qpair, 0n, sector(4096))).toMatchObject({ sct: 0, sc: 0 });
  }));

describe("data in flight", () => {
  const endless = worker({ timeMs: 3_600_000, sampleMs: 10, onError: "count" });
  const running = async (ns: Namespace) => {
    const handle = ns.startIoWorker(endless);
    for await (const event of handle) if (event.type === "sample") break;
    return handle;
  };

  test("a format to other sectors is refused, whoever sends it, and the worker goes on with its own", () =>
    withDrive({}, async ({ controller, ns }) => {
      const handle = await running(ns);
      const large = findLbaFormat(ns.identity, 4096)!;
      await expect(controller.format(1, { lbaFormat: large })).rejects.toMatchObject({
        code: "ERR_BUSY",
        message:
          "namespace 1 has 1 workers, sweeps and commands in flight, a format that changes its sectors must wait for their end",
      });
      expect(await codeOf(() => controller.admin({ opcode: 0x80, nsid: 0xffff_ffff, cdw10: large }))).toBe("ERR_BUSY");
      // The same sectors again are the drive's affair.
      expect(await controller.format(1, { lbaFormat: 0 })).toMatchObject({ sct: 0, sc: 0 });
      handle.stop();
      expect((await handle.result).end).toBe("stopped");
      expect(await controller.format(1, { lbaFormat: large })).toMatchObject({ sct: 0, sc: 0 });
    }));

  test("so it is beside a sweep and beside commands that were not awaited", () =>
    withDrive({}, async ({ controller, ns, qpair, folder }) => {
      await ns.openVerifyTable(`${folder}/t.verify`, 1n);
      const region = { regionStartLba: 0n, regionLbas: ns.identity.lbaCount, written: false };
      for (const begin of [() => ns.read(qpair, 0n, sector(512)), () => ns.verify({ rule: "exact", ...region })]) {
        const moving = begin();
        expect(await codeOf(() => controller.format(1, { lbaFormat: 1 }))).toBe("ERR_BUSY");
        await moving;
      }
      expect(await controller.format(1, { lbaFormat: 1 })).toMatchObject({ sct: 0, sc: 0 });
    }));

  test("nothing begins while a format to other sectors runs, and all may begin again where it failed", () =>
    withDrive({ spec: { formatMs: 100 } }, async ({ controller, ns, qpair }) => {
      for (const lbaFormat of [15, 1]) {
        const formatting = controller.format(1, { lbaFormat });
        expect(await codeOf(() => ns.read(qpair, 0n, sector(512)))).toBe("ERR_BUSY");
        expect(await codeOf(() => ns.startIoWorker(endless).result)).toBe("ERR_BUSY");
        const { sct } = await formatting;
        expect(await codeOf(() => ns.read(qpair, 0n, sector(512)))).toBe(sct === 0 ? "ERR_CLOSED" : null);
      }
    }));

  test("a namespace that took the nsid of another one is not attached before that one's workers have ended", () =>
    withDrive({ spec: { maxNamespaces: 2 } }, async ({ controller, ns }) => {
      const { commands } = controller;
      const handle = await running(ns);
      await commands.detachNamespace(1, [0]);
      expect(await commands.attachNamespace(1, [0])).toMatchObject({ sct: 0, sc: 0 });
      await commands.deleteNamespace(1);
      await commands.createNamespace(namespacePage({ lbaCount: 1024n, lbaFormat: 1 }));
      expect(await codeOf(() => commands.attachNamespace(1, [0]))).toBe("ERR_BUSY");
      handle.stop();
      await handle.result;
      expect(await commands.attachNamespace(1, [0])).toMatchObject({ sct: 0, sc: 0 });
    }));
});
