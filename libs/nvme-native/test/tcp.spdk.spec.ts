/** NVMe/TCP beyond one connection: discovery, digests, IPv6, hosts that are let in and those that are not. */
import { networkInterfaces } from "node:os";
import { driver, statusText as status, Tcp, type TransportAddress } from "../src";
import { TCP_NQN, TCP_SERIAL } from "./nvmf-target";
import { sectors, spdkSuite } from "./spdk-suite";

const { where, target } = spdkSuite();

/** Opens, writes, reads back, closes; gives the drive's serial number. */
async function used(address: TransportAddress): Promise<string> {
  const controller = await driver.open(address);
  try {
    const ns = await controller.namespace(1);
    const qpair = await controller.createQpair({ depth: 16 });
    const written = sectors(8, address.transport.length);
    expect(status(await ns.write(qpair, 8n, written))).toBe("00/00");
    const read = new Uint8Array(8 * 512);
    expect(status(await ns.read(qpair, 8n, read))).toBe("00/00");
    expect(Buffer.from(read).equals(Buffer.from(written))).toBe(true);
    return controller.identity.serial;
  } finally {
    await controller.close();
  }
}

where("spdk-tcp", () => {
  test("an address without a subsystem's name takes the first that discovery returns", async () => {
    const address: TransportAddress = { transport: "spdk-tcp", address: "127.0.0.1", port: target().port, nqn: null };
    const controller = await driver.open(address);
    expect(controller.identity.serial).toBe(TCP_SERIAL);
    await controller.close();
  });

  test("discovery lists the subsystems, and each opens by its name, with digests", async () => {
    const tcp = new Tcp("127.0.0.1", { port: target().port, headerDigest: true, dataDigest: true });
    const found = await tcp.discover();
    const drives = found.filter(({ transport, discovery }) => transport === "TCP" && !discovery);
    expect(drives.map(({ nqn }) => nqn).sort()).toEqual([TCP_NQN, `${TCP_NQN}-2`, `${TCP_NQN}-slow`]);
    expect(drives[0]).toMatchObject({ family: "IPv4", address: "127.0.0.1", service: String(target().port) });
    const controller = await driver.open(tcp.subsystem(`${TCP_NQN}-2`));
    expect(controller.identity.serial).toBe(`${TCP_SERIAL}B`);
    const ns = await controller.namespace(1);
    const qpair = await controller.createQpair({ depth: 16 });
    const written = sectors(8, 3);
    expect(status(await ns.write(qpair, 8n, written))).toBe("00/00");
    const read = new Uint8Array(8 * 512);
    expect(status(await ns.read(qpair, 8n, read))).toBe("00/00");
    expect(Buffer.from(read).equals(Buffer.from(written))).toBe(true);
    await controller.close();
    await expect(new Tcp("127.0.0.1", { port: 1 }).discover()).rejects.toMatchObject({ code: "ERR_OPEN" });
  });

  test("where nobody listens, opening says so", async () => {
    const address: TransportAddress = { transport: "spdk-tcp", address: "127.0.0.1", port: 1, nqn: TCP_NQN };
    await expect(driver.open(address)).rejects.toMatchObject({
      code: "ERR_OPEN",
      message: expect.stringContaining("spdk-tcp"),
    });
  });

  test.each([
    [true, false],
    [false, true],
  ])("header digest %s and data digest %s carry data as well", async (headerDigest, dataDigest) => {
    expect(await used(new Tcp("127.0.0.1", { port: target().port, nqn: TCP_NQN, headerDigest, dataDigest }))).toBe(
      TCP_SERIAL,
    );
  });

  test("a subsystem that names its hosts lets these in, and others hear who was refused what", async () => {
    const nqn = "nqn.2016-06.io.spdk:assay-closed";
    const hostNqn = "nqn.2026-01.org.assay:friend";
    const stranger = "nqn.2026-01.org.assay:stranger";
    const listen_address = { trtype: "TCP", adrfam: "IPv4", traddr: "127.0.0.1", trsvcid: String(target().port) };
    await target().call("bdev_malloc_create", { name: "closed", num_blocks: 16_384, block_size: 512 });
    await target().call("nvmf_create_subsystem", { nqn, serial_number: "CLOSED", allow_any_host: false });
    await target().call("nvmf_subsystem_add_ns", { nqn, namespace: { bdev_name: "closed" } });
    await target().call("nvmf_subsystem_add_listener", { nqn, listen_address });
    await target().call("nvmf_subsystem_add_host", { nqn, host: hostNqn });
    const tcp = (name: string | null) => new Tcp("127.0.0.1", { port: target().port, nqn, hostNqn: name });
    expect(await used(tcp(hostNqn))).toBe("CLOSED");
    const refused = await driver.open(tcp(stranger)).catch((reason) => reason);
    expect(refused).toMatchObject({ code: "ERR_OPEN" });
    expect(refused.message).toContain(`subsystem ${nqn} does not let host NQN ${stranger} in`);
    expect(refused.message).toContain("01/84");
    await expect(driver.open(tcp(null))).rejects.toMatchObject({ code: "ERR_OPEN" });
    expect(await used(tcp(hostNqn))).toBe("CLOSED");
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((found) => found?.some(({ address }) => address === "::1"));
  const overIpv6 = hasIpv6 ? test : test.skip;
  if (!hasIpv6) console.log("skipped: IPv6: this machine has no address ::1");
  overIpv6("discovery and drives are reached over IPv6, with digests too", async () => {
    const listen_address = { trtype: "TCP", adrfam: "IPv6", traddr: "::1", trsvcid: String(target().port) };
    for (const nqn of [TCP_NQN, "nqn.2014-08.org.nvmexpress.discovery"]) {
      await target().call("nvmf_subsystem_add_listener", { nqn, listen_address });
    }
    const tcp = new Tcp("::1", { port: target().port, headerDigest: true, dataDigest: true });
    const found = await tcp.discover();
    expect(found).toContainEqual(expect.objectContaining({ nqn: TCP_NQN, family: "IPv6", address: "::1" }));
    expect(await used(tcp.subsystem(TCP_NQN))).toBe(TCP_SERIAL);
  });
});
