/** The driver over SPDK, against SPDK's own target: what each transport can do, and that what it cannot is said. */
import {
  type Controller,
  driver,
  type IoWorkerOptions,
  type Namespace,
  type Qpair,
  statusText,
  type TransportAddress,
} from "../src";
import { worker as options } from "./bench-drive";
import { TCP_NQN, TCP_SERIAL, VFIO_USER_SERIAL, whyNoVfioUser } from "./nvmf-target";
import { sectors, spdkSuite } from "./spdk-suite";

const { where, target } = spdkSuite();

interface Line {
  name: string;
  address: () => TransportAddress;
  serial: string;
  /** Registers that the transport shows. */
  shown: string[];
}

const TCP: Line = {
  name: "spdk-tcp",
  address: () => ({ transport: "spdk-tcp", address: "127.0.0.1", port: target().port, nqn: TCP_NQN }),
  serial: TCP_SERIAL,
  shown: ["cap", "cc", "csts", "nssr", "vs"],
};
const VFIO_USER: Line = {
  name: "spdk-vfio-user",
  address: () => ({ transport: "spdk-vfio-user", path: target().vfioUserPath }),
  serial: VFIO_USER_SERIAL,
  shown: ["acq", "aqa", "asq", "cap", "cc", "csts", "intms", "nssr", "vs"],
};

const status = (completion: { sct: number; sc: number }) => statusText(completion);
// 0x9c: the low bits of an opcode tell the direction, and this one has no data.
const UNKNOWN_OPCODE = 0x9c;

/** A worker that goes on until something ends it. */
const endless = (worker: number, more: Partial<IoWorkerOptions> = {}) =>
  options({
    worker,
    depth: 32,
    regionLbas: 16384n,
    timeMs: 600_000,
    sampleMs: 20,
    seed: BigInt(worker),
    ...more,
  });

const noVfioUser = whyNoVfioUser();
if (noVfioUser !== null) test.skip(`${VFIO_USER.name}: ${noVfioUser}`, () => {});

where.each(noVfioUser === null ? [TCP, VFIO_USER] : [TCP])("$name", ({ name, address, serial, shown }) => {
  let controller: Controller;
  let ns: Namespace;
  let qpair: Qpair;

  beforeAll(async () => {
    controller = await driver.open(address());
    ns = await controller.namespace(1);
    qpair = await controller.createQpair({ depth: 64 });
  });
  afterAll(async () => {
    await controller?.close();
  });

  test("identify tells the subsystem that the target was given", async () => {
    expect(controller.identity.serial).toBe(serial);
    expect(await controller.activeNamespaces()).toEqual([1]);
    expect(ns.identity).toMatchObject({ lbaBytes: 512, lbaCount: 131072n });
  });

  test("registers that the transport shows agree with Identify, and the others are null", async () => {
    const registers = await controller.registers();
    const readable = Object.entries(registers).filter(([, value]) => value !== null);
    expect(readable.map(([register]) => register).sort()).toEqual(shown);
    expect(Number(registers.vs)).toBe(controller.identity.version);
    expect(registers.cc! & 1n).toBe(1n);
    expect(registers.csts! & 1n).toBe(1n);
    expect((registers.cap! & 0xffffn) + 1n).toBe(BigInt(controller.identity.maxQueueEntries));
  });

  test("a register is read, or refused in words that name the transport", async () => {
    if (shown.includes("asq")) return expect(await controller.readRegister(0x28, 8)).toBeGreaterThan(0n);
    await expect(controller.readRegister(0x28, 8)).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: expect.stringContaining(name),
    });
    await expect(controller.writeRegister(0x28, 0n, 8)).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: expect.stringContaining(name),
    });
  });

  test("a second opening of the same drive in this process is refused", async () => {
    await expect(driver.open(address())).rejects.toMatchObject({ code: "ERR_LOCKED" });
  });

  test("what is written is read back, and compare sees a difference", async () => {
    const written = sectors(8, 1);
    expect(status(await ns.write(qpair, 40n, written))).toBe("00/00");
    const read = new Uint8Array(8 * 512);
    expect(status(await ns.read(qpair, 40n, read))).toBe("00/00");
    expect(Buffer.from(read).equals(Buffer.from(written))).toBe(true);
    expect(status(await ns.compare(qpair, 40n, written))).toBe("00/00");
    expect(status(await ns.compare(qpair, 40n, sectors(8, 2)))).toBe("02/85");
    expect(status(await ns.flush(qpair))).toBe("00/00");
    expect(status(await ns.writeZeroes(qpair, 40n, 8))).toBe("00/00");
    expect(status(await ns.read(qpair, 40n, read))).toBe("00/00");
    expect(read.every((byte) => byte === 0)).toBe(true);
  });

  test("the drive's error statuses come through as values", async () => {
    expect(status(await ns.io(qpair, { opcode: UNKNOWN_OPCODE }))).toBe("00/01");
    expect(status(await ns.read(qpair, 131072n, new Uint8Array(512)))).toBe("00/80");
    expect(status(await controller.admin({ opcode: 0xff }))).toBe("00/01");
  });

  test("as many commands as the queue takes are outstanding at once", async () => {
    const reads = Array.from({ length: 200 }, (_, i) => ns.read(qpair, BigInt(i * 8), new Uint8Array(4096)));
    for (const completion of await Promise.all(reads)) expect(status(completion)).toBe("00/00");
  });

  test("queue pairs are made and deleted again and again, sixteen at once", async () => {
    for (let round = 0; round < 3; round++) {
      const made: Qpair[] = [];
      for (let i = 0; i < 16; i++) made.push(await controller.createQpair({ depth: 32 }));
      expect(new Set(made.map(({ qid }) => qid)).size).toBe(16);
      for (const each of made) expect(status(await ns.read(each, 0n, new Uint8Array(512)))).toBe("00/00");
      for (const each of made) await each.delete();
    }
  });

  test("a verifying worker finds what it wrote", async () => {
    await ns.openVerifyTable(`${target().folder}/${name}.verify`, 5n);
    const fill = await ns.startIoWorker(
      endless(1, { randomPercent: 0, readPercent: 0, timeMs: null, passes: 1, verify: true }),
    ).result;
    expect(fill).toMatchObject({ end: "done", errors: [], miscompares: 0n });
    const mixed = await ns.startIoWorker(endless(2, { timeMs: null, ioCount: 20_000, verify: true })).result;
    expect(mixed).toMatchObject({ end: "done", errors: [], miscompares: 0n, unknownLbas: 0n });
    expect(mixed.checkedLbas).toBe(mixed.reads * 8n);
    const sweep = await ns.verify({ rule: "exact", regionStartLba: 0n, regionLbas: 16384n, written: true });
    expect(sweep).toMatchObject({ violations: 0n, checkedLbas: 16384n, readErrors: 0n });
  });

  test("what another path overwrote is a miscompare", async () => {
    const table = `${target().folder}/${name}.verify`;
    // Another table is open meanwhile, so that this one hears nothing of the write.
    await ns.openVerifyTable(null, 6n);
    const raw = { opcode: 1, nsid: 1, cdw10: 800, cdw11: 0, cdw12: 0 };
    expect(status(await ns.io(qpair, raw, sectors(1, 9), "to-device"))).toBe("00/00");
    await ns.openVerifyTable(table, 5n);
    const sweep = await ns.verify({ rule: "exact", regionStartLba: 792n, regionLbas: 16n, written: true });
    expect(sweep.violations).toBe(1n);
    expect(sweep.miscompares[0]).toMatchObject({ lba: 800n });
  });

  test("a namespace of blocks is none of keys and values, and commands about keys go out as they are", async () => {
    await expect(controller.keyValueNamespace(1)).rejects.toMatchObject({ code: "ERR_UNSUPPORTED" });
    const exist = { opcode: 0x14, cdw2: 0x6b, cdw3: 2, cdw11: 1, cdw14: 3, cdw15: 4 };
    expect(status(await ns.io(qpair, exist))).toBe("00/01");
    expect(qpair.cmdlog(1)[0]!.submission).toMatchObject({ 2: 0x6b, 3: 2, 11: 1, 14: 3, 15: 4 });
  });

  test("ten resets with commands in flight settle every handle and leave the drive usable", async () => {
    let settled = 0;
    for (let round = 0; round < 10; round++) {
      const workers = [1, 2].map((worker) => ns.startIoWorker(endless(worker)));
      await Promise.all(workers.map(firstSample));
      const reads = Array.from({ length: 60 }, (_, i) => ns.read(qpair, BigInt(i * 8), new Uint8Array(4096)));
      const report = await controller.reset();
      expect(report).toMatchObject({ ok: true, reason: null });
      settled += report.settled;
      for (const { end } of await Promise.all(workers.map(({ result }) => result))) expect(end).toBe("terminated");
      for (const completion of await Promise.all(reads))
        expect(completion.local ? "07/82" : "00/00").toBe(status(completion));
      expect(status(await ns.read(qpair, 0n, new Uint8Array(512)))).toBe("00/00");
      expect((await controller.identify()).serial).toBe(serial);
    }
    expect(settled).toBeGreaterThan(0);
    const after = await ns.startIoWorker(endless(3, { timeMs: null, ioCount: 1000 })).result;
    expect(after).toMatchObject({ end: "done", errors: [] });
  });
});

where("spdk-tcp when its target dies", () => {
  test("the target's death ends workers and commands, and reopening finds its successor", async () => {
    const controller = await driver.open(TCP.address());
    const ns = await controller.namespace(1);
    const qpair = await controller.createQpair({ depth: 16 });
    const worker = ns.startIoWorker(endless(1));
    await firstSample(worker);
    await target().kill();
    expect((await worker.result).end).toBe("terminated");
    const read = await ns.read(qpair, 0n, new Uint8Array(512)).catch((reason) => reason);
    expect(read).toMatchObject(read instanceof Error ? { code: "ERR_GONE" } : { local: true });
    await target().restart();
    expect(await controller.reopen()).toMatchObject({ ok: true });
    expect(status(await ns.read(qpair, 0n, new Uint8Array(512)))).toBe("00/00");
    await controller.close();
  });
});

where("spdk-pcie", () => {
  test("a process whose SPDK runs without PCI refuses a PCIe drive and says why", async () => {
    const open = driver.open({ transport: "spdk-pcie", address: "0000:00:1f.7" });
    await expect(open).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      message: expect.stringContaining("process of its own"),
    });
  });
});

async function firstSample(worker: AsyncIterable<{ type: string }>): Promise<void> {
  for await (const event of worker) if (event.type === "sample") return;
}
