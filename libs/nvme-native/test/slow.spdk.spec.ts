/** Commands that really are outstanding, on a target whose medium is slow (SPDK's delay bdev): timeouts and aborts. */
import { mkdirSync } from "node:fs";
import { type Controller, driver, expectStatus, type Namespace, type Qpair, type TransportAddress } from "../src";
import type { NvmfTarget } from "./nvmf-target";
import { spdkSuite } from "./spdk-suite";

const READ_US = 1_500_000;
const NQN = "nqn.2016-06.io.spdk:assay-slow-";
const slowPath = (target: NvmfTarget) => `${target.vfioUserPath}-slow`;

const { where, target } = spdkSuite(async (started) => {
  const vfioUser = { trtype: "VFIOUSER", traddr: slowPath(started), trsvcid: "0" };
  mkdirSync(vfioUser.traddr);
  const tcp = { trtype: "TCP", adrfam: "IPv4", traddr: "127.0.0.1", trsvcid: String(started.port) };
  await addSlowDrive(started, "tcp", tcp);
  await addSlowDrive(started, "vfio-user", vfioUser);
});

/** A subsystem of its own, with a namespace whose reads take READ_US. */
async function addSlowDrive(target: NvmfTarget, name: string, listen_address: object): Promise<void> {
  const nqn = NQN + name;
  await target.call("bdev_malloc_create", { name: `behind-${name}`, num_blocks: 16_384, block_size: 512 });
  await target.call("bdev_delay_create", {
    base_bdev_name: `behind-${name}`,
    name: `slow-${name}`,
    avg_read_latency: READ_US,
    p99_read_latency: READ_US,
    avg_write_latency: 0,
    p99_write_latency: 0,
  });
  await target.call("nvmf_create_subsystem", { nqn, serial_number: "SLOW", allow_any_host: true });
  await target.call("nvmf_subsystem_add_ns", { nqn, namespace: { bdev_name: `slow-${name}` } });
  await target.call("nvmf_subsystem_add_listener", { nqn, listen_address });
}

const ADDRESSES: [string, () => TransportAddress][] = [
  ["spdk-tcp", () => ({ transport: "spdk-tcp", address: "127.0.0.1", port: target().port, nqn: `${NQN}tcp` })],
  ["spdk-vfio-user", () => ({ transport: "spdk-vfio-user", path: slowPath(target()) })],
];

where.each(ADDRESSES)("%s", (_, address) => {
  let controller: Controller;
  let ns: Namespace;
  let qpair: Qpair;
  beforeAll(async () => {
    controller = await driver.open(address());
    ns = await controller.namespace(1);
    qpair = await controller.createQpair({ depth: 16 });
  });
  afterAll(() => controller?.close());

  test("a read older than the timeout ends locally, and its late answer harms nothing (B063)", async () => {
    expectStatus(await ns.write(qpair, 9n, new Uint8Array(512).fill(9)));
    await controller.setTimeoutMs(100);
    const data = new Uint8Array(512).fill(1);
    const late = expectStatus(await ns.read(qpair, 9n, data), 7, 0x80);
    expect(late).toMatchObject({ local: true, cdw0: 0xffff_ffff });
    expect(data.every((byte) => byte === 1)).toBe(true);
    await controller.setTimeoutMs(60_000);
    expectStatus(await ns.read(qpair, 9n, data));
    expect(data.every((byte) => byte === 9)).toBe(true);
  });

  test("the same read completes when the timeout is long enough (B064)", async () => {
    await controller.setTimeoutMs(60_000);
    const completion = expectStatus(await ns.read(qpair, 9n, new Uint8Array(512)));
    expect(completion.local).toBe(false);
    // It really was outstanding for about as long as the medium takes.
    expect(completion.latencyNs).toBeGreaterThan(READ_US * 500);
  });

  test("an abort of a read that is outstanding completes, and the read ends done or aborted (B046)", async () => {
    const read = ns.read(qpair, 9n, new Uint8Array(512));
    let sent = qpair.cmdlog(1)[0];
    while (sent?.outstanding !== true) {
      await new Promise((resolve) => setImmediate(resolve));
      sent = qpair.cmdlog(1)[0];
    }
    const abort = expectStatus(await controller.commands.abort(sent.cid ?? 0, qpair.qid));
    expect([0, 1]).toContain(abort.cdw0);
    const completion = await read;
    expectStatus(completion, 0, completion.sc === 0x07 ? 0x07 : 0);
  });

  test("a queue pair with reads outstanding is deleted, and they settle (B066)", async () => {
    const other = await controller.createQpair({ depth: 8 });
    const reads = Array.from({ length: 4 }, (_, i) => ns.read(other, BigInt(i), new Uint8Array(512)));
    await other.delete();
    for (const { sct, sc } of await Promise.all(reads)) {
      expect(["0/0", "0/8", "7/130"]).toContain(`${sct}/${sc}`);
    }
    expectStatus(await controller.getFeature(7));
  });
});
