/** Drives that are taken away under work and come back (B022). */
import { worker } from "../bench-drive";
import { pull } from "../qemu/hot-plug";
import { bind, driverOf, removeFromBus, rescan } from "../qemu/pci-slot";
import { behaviour } from "./behaviour";
import { works } from "./drive-works";

behaviour(
  "B022",
  "what a vanished drive still owed ends locally, new work is refused, and it is opened again when it is back",
  { openOptions: { timeoutMs: 5000 } },
  async (bench) => {
    const { controller, ns, qpair } = bench;
    const running = ns.startIoWorker(worker({ depth: 8, timeMs: 3_600_000, sampleMs: 10 }));
    for await (const event of running) if (event.type === "sample") break;
    const comeBack = await bench.vanish();
    // SPDK's vfio-user client notices nothing: there the commands run into their time.
    expect((await running.result).end).toBe(bench.host === "spdk-vfio-user" ? "error" : "terminated");
    const refused = await ns.read(qpair, 0n, new Uint8Array(ns.identity.lbaBytes)).catch((reason) => reason);
    expect(refused).toMatchObject(refused instanceof Error ? { code: "ERR_GONE" } : { local: true });
    await comeBack();
    expect(await controller.reopen()).toMatchObject({ ok: true });
    await works(ns, qpair);
  },
);

behaviour(
  "B022",
  "a function that the kernel asks back under work is gone, lets itself be closed, and is there after a rescan",
  { on: ["spdk-pcie"] },
  async ({ controller, ns, qpair }) => {
    const address = (controller.address as { address: string }).address;
    const kernelDriver = driverOf(address);
    const running = ns.startIoWorker(worker({ depth: 8, timeMs: 3_600_000, sampleMs: 10 }));
    for await (const event of running) if (event.type === "sample") break;
    const removed = removeFromBus(address);
    expect((await running.result).end).toBe("terminated");
    await expect(controller.readRegister(0x08, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
    // Letting go is what the kernel waits for, and there is nothing to open yet.
    await expect(controller.reopen()).rejects.toMatchObject({ code: "ERR_OPEN" });
    await removed;
    rescan(address, kernelDriver);
    expect(await controller.reopen()).toMatchObject({ ok: true });
    await works(ns, qpair);
  },
);

behaviour(
  "B022",
  "a drive that is pulled out of its slot under work is gone, lets itself be closed, and is there when it is plugged in again",
  { on: ["spdk-pcie"], limitMs: 120_000 },
  async (bench) => {
    const { controller, ns, qpair } = await bench.open();
    const address = (controller.address as { address: string }).address;
    const kernelDriver = driverOf(address);
    const running = ns.startIoWorker(worker({ depth: 8, timeMs: 3_600_000, sampleMs: 10 }));
    for await (const event of running) if (event.type === "sample") break;
    /** Reads one LBA again and again. @returns what the last of them, which did not succeed, said */
    const readOn = async (lba: bigint) => {
      for (;;) {
        const said = await ns.read(qpair, lba, new Uint8Array(ns.identity.lbaBytes)).catch((reason) => reason);
        if (said instanceof Error || said.sct !== 0 || said.sc !== 0) return said;
      }
    };
    const readers = Array.from({ length: 8 }, (_, n) => readOn(BigInt(n)));
    const pulled = pull();
    expect((await running.result).end).toBe("terminated");
    for (const said of await Promise.all(readers))
      expect(said).toMatchObject(said instanceof Error ? { code: "ERR_GONE" } : { local: true });
    await expect(controller.readRegister(0x08, 4)).rejects.toMatchObject({ code: "ERR_GONE" });
    // As above: the kernel waits, and the slot is not empty before.
    await expect(controller.reopen()).rejects.toMatchObject({ code: "ERR_OPEN" });
    await pulled.gone();
    await pulled.plug();
    bind(address, kernelDriver);
    expect(await controller.reopen()).toMatchObject({ ok: true });
    await works(ns, qpair);
  },
);
