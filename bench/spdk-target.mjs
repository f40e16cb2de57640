// SPDK's target with one namespace, and SPDK's own spdk_nvme_perf against it: what the driver is measured beside.
// nvmf_tgt and spdk_nvme_perf are installed programs, found by ASSAY_NVMF_TGT and ASSAY_SPDK_NVME_PERF or in PATH.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";

const MAX_QUEUE_DEPTH = 256;
const START_LIMIT_MS = 60_000;

const call = (path, method, params) =>
  new Promise((resolve, reject) => {
    let text = "";
    const socket = createConnection(path, () =>
      socket.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })),
    );
    socket.once("error", reject);
    socket.on("data", (chunk) => {
      text += chunk;
      try {
        const { error, result } = JSON.parse(text);
        socket.destroy();
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result);
      } catch {
        // the rest is still on its way
      }
    });
  });

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const DEVICES = { null: ["bdev_null_create", 20_971_520], malloc: ["bdev_malloc_create", 131_072] };

/** `transport` tcp or vfio-user, `device` null or malloc. Gives `{ child, id, address }`: perf's and the driver's address. */
export async function startTarget(folder, { transport, device }) {
  const rpc = join(folder, "rpc.sock");
  const port = await freePort();
  const args = ["--no-pci", "--no-huge", "-s", "1024", "-m", "0x1", "--disable-cpumask-locks", "-r", rpc];
  const child = spawn(process.env.ASSAY_NVMF_TGT ?? "nvmf_tgt", args, { stdio: "ignore" });
  const until = Date.now() + START_LIMIT_MS;
  while (Date.now() < until) {
    const ready = await call(rpc, "framework_wait_init").then(
      () => true,
      () => false,
    );
    if (ready) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const nqn = "nqn.2016-06.io.spdk:assay-bench";
  const tcp = transport === "tcp";
  const listen = tcp
    ? { trtype: "TCP", adrfam: "IPv4", traddr: "127.0.0.1", trsvcid: String(port) }
    : { trtype: "VFIOUSER", traddr: join(folder, "vfio-user"), trsvcid: "0" };
  if (!tcp) mkdirSync(listen.traddr);
  const [method, blocks] = DEVICES[device];
  // Deeper than the deepest case: a queue of 128 entries carries 127 commands.
  await call(rpc, "nvmf_create_transport", { trtype: listen.trtype, max_queue_depth: MAX_QUEUE_DEPTH });
  await call(rpc, method, { name: "bench", num_blocks: blocks, block_size: 512 });
  await call(rpc, "nvmf_create_subsystem", { nqn, serial_number: "ASSAYBENCH", allow_any_host: true });
  await call(rpc, "nvmf_subsystem_add_ns", { nqn, namespace: { bdev_name: "bench" } });
  await call(rpc, "nvmf_subsystem_add_listener", { nqn, listen_address: listen });
  const id = tcp
    ? `trtype:TCP adrfam:IPv4 traddr:127.0.0.1 trsvcid:${port} subnqn:${nqn}`
    : `trtype:VFIOUSER traddr:${listen.traddr} subnqn:${nqn}`;
  const address = tcp
    ? { transport: "spdk-tcp", address: "127.0.0.1", port, nqn }
    : { transport: "spdk-vfio-user", path: listen.traddr };
  return { child, id, address };
}

/** `{ iops, p99Us }` of one run; `workload` as perf names it: randread, randwrite, read. */
export function runPerf(id, { workload, seconds, depth, bytes }) {
  const perf = process.env.ASSAY_SPDK_NVME_PERF ?? "spdk_nvme_perf";
  const args = [
    "-r",
    id,
    "-q",
    depth,
    "-o",
    bytes,
    "-w",
    workload,
    "-t",
    seconds,
    "--no-huge",
    "-s",
    512,
    "-c",
    "0x2",
    "-L",
  ];
  const { stdout, status } = spawnSync(perf, args.map(String), { encoding: "utf8" });
  const total = /^Total\s*:\s*([\d.]+)/m.exec(stdout ?? "");
  if (total === null) throw new Error(`${perf} gave no figures (status ${status})`);
  const p99 = /^\s*99\.00000%\s*:\s*([\d.]+)us/m.exec(stdout);
  return { iops: Number(total[1]), p99Us: p99 === null ? null : Number(p99[1]) };
}
