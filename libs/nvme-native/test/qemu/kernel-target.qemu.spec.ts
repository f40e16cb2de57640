/** NVMe/TCP against a target that is neither ours nor SPDK's: the Linux kernel's nvmet-tcp, in a guest. */
import { createServer } from "node:net";
import { type Controller, driver, type Namespace, type Qpair, statusText, type TransportAddress } from "../../src";
import { worker as options } from "../bench-drive";
import { Guest, whyNoGuest } from "./guest";

const MODULES = ["virtio_pci", "virtio_net", "nvmet-tcp", "brd rd_nr=1 rd_size=65536"];
const NQN = "nqn.2026-11.lab.assay:kernel";
const SERIAL = "ASSAYKERNEL01";
const LBAS = 131_072n;

function whyNotHere(): string | null {
  if (!driver.info().transports.includes("spdk-tcp")) return "the addon was built without SPDK";
  return whyNoGuest(MODULES.map((module) => module.split(" ")[0]!));
}

const missing = whyNotHere();
const where = missing === null ? describe : describe.skip;

const SCRIPT = `
mkdir -p /config && mount -t configfs none /config
ip addr add 10.0.2.15/24 dev eth0; ip link set lo up; ip link set eth0 up
cd /config/nvmet/subsystems && mkdir ${NQN} && cd ${NQN}
echo 1 > attr_allow_any_host; echo ${SERIAL} > attr_serial
mkdir namespaces/1; echo /dev/ram0 > namespaces/1/device_path; echo 1 > namespaces/1/enable
mkdir /config/nvmet/ports/1; cd /config/nvmet/ports/1
echo tcp > addr_trtype; echo ipv4 > addr_adrfam; echo 10.0.2.15 > addr_traddr; echo 4420 > addr_trsvcid
ln -s /config/nvmet/subsystems/${NQN} subsystems/
echo "ASSAY listening"
while :; do sleep 1000; done`;

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const status = (completion: { sct: number; sc: number }) => statusText(completion);
const sectors = (count: number, seed: number) =>
  Uint8Array.from({ length: count * 512 }, (_, i) => (i * 31 + seed) & 0xff);

where(`the Linux kernel's target over NVMe/TCP${missing === null ? "" : ` [${missing}]`}`, () => {
  let guest: Guest;
  let address: TransportAddress;
  let controller: Controller;
  let ns: Namespace;
  let qpair: Qpair;

  beforeAll(async () => {
    const port = await freePort();
    guest = Guest.start({
      modules: MODULES,
      script: SCRIPT,
      qemu: [
        "-netdev",
        `user,id=net,hostfwd=tcp:127.0.0.1:${port}-10.0.2.15:4420`,
        "-device",
        "virtio-net-pci,netdev=net",
      ],
    });
    await guest.line("listening");
    address = { transport: "spdk-tcp", address: "127.0.0.1", port, nqn: NQN };
    // A guest is slow: nothing here is about time.
    controller = await driver.open(address, { timeoutMs: 60_000 });
    ns = await controller.namespace(1);
    qpair = await controller.createQpair({ depth: 32 });
  }, 300_000);
  afterAll(async () => {
    await controller?.close();
    await guest?.stop();
  }, 60_000);

  test("identify tells what the kernel was told, and registers agree with it", async () => {
    expect(controller.identity.serial).toBe(SERIAL);
    expect(controller.identity.model).toMatch(/^Linux/);
    expect(await controller.activeNamespaces()).toEqual([1]);
    expect(ns.identity).toMatchObject({ lbaBytes: 512, lbaCount: LBAS });
    expect(Number((await controller.registers()).vs)).toBe(controller.identity.version);
  });

  test("what is written is read back; errors of the kernel come through as values", async () => {
    const written = sectors(8, 3);
    expect(status(await ns.write(qpair, 40n, written))).toBe("00/00");
    const read = new Uint8Array(8 * 512);
    expect(status(await ns.read(qpair, 40n, read))).toBe("00/00");
    expect(Buffer.from(read).equals(Buffer.from(written))).toBe(true);
    expect(status(await ns.flush(qpair))).toBe("00/00");
    expect(status(await ns.writeZeroes(qpair, 40n, 8))).toBe("00/00");
    expect(status(await ns.read(qpair, 40n, read))).toBe("00/00");
    expect(read.every((byte) => byte === 0)).toBe(true);
    const beyond = await ns.read(qpair, LBAS, new Uint8Array(512));
    expect([beyond.sct === 0 && beyond.sc === 0, beyond.local]).toEqual([false, false]);
    expect(status(await ns.io(qpair, { opcode: 0x9c }))).toBe("00/01");
  });

  test("a verifying worker finds what it wrote, and the sweep agrees", async () => {
    await ns.openVerifyTable(`${guest.folder}/kernel.verify`, 5n);
    const fill = await ns.startIoWorker(options({ randomPercent: 0, readPercent: 0, passes: 1, verify: true })).result;
    expect(fill).toMatchObject({ end: "done", errors: [], miscompares: 0n });
    const mixed = await ns.startIoWorker(options({ ioCount: 2000, verify: true })).result;
    expect(mixed).toMatchObject({ end: "done", errors: [], miscompares: 0n, unknownLbas: 0n });
    const sweep = await ns.verify({ rule: "exact", regionStartLba: 0n, regionLbas: 8192n, written: true });
    expect(sweep).toMatchObject({ violations: 0n, checkedLbas: 8192n });
  });

  test("resets with commands in flight settle every handle and leave the target usable", async () => {
    for (let round = 0; round < 3; round++) {
      const worker = ns.startIoWorker(options({ timeMs: 3_600_000, sampleMs: 20 }));
      for await (const event of worker) if (event.type === "sample") break;
      expect(await controller.reset()).toMatchObject({ ok: true, reason: null });
      expect((await worker.result).end).toBe("terminated");
      expect(status(await ns.read(qpair, 0n, new Uint8Array(512)))).toBe("00/00");
    }
  });

  test("the guest's sudden end ends workers and commands", async () => {
    const worker = ns.startIoWorker(options({ timeMs: 3_600_000, sampleMs: 20 }));
    for await (const event of worker) if (event.type === "sample") break;
    await guest.stop();
    expect((await worker.result).end).toBe("terminated");
    const read = await ns.read(qpair, 0n, new Uint8Array(512)).catch((reason) => reason);
    expect(read).toMatchObject(read instanceof Error ? { code: "ERR_GONE" } : { local: true });
  });
});
