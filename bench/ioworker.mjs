// The driver's ioworker beside SPDK's own spdk_nvme_perf on the same target, in turns, so that both meet the same noise.
// Prints one line per pair and the median ratio; absolute figures say more about the machine than about the driver.
//   node bench/ioworker.mjs [--transport tcp|vfio-user] [--rounds 5] [--seconds 3] [--depth 32] [--bytes 4096] [--verify]
// Needs the addon with SPDK (npm run build), nvmf_tgt (ASSAY_NVMF_TGT or PATH) and spdk_nvme_perf (ASSAY_SPDK_NVME_PERF or PATH).
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = fileURLToPath(import.meta.url);
const { values } = parseArgs({
  options: {
    transport: { type: "string", default: "tcp" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    depth: { type: "string", default: "32" },
    bytes: { type: "string", default: "4096" },
    verify: { type: "boolean", default: false },
    worker: { type: "string" },
  },
});

/** One run of the worker in a process of its own, as a runner is; prints its figures as JSON. */
async function runWorker({ address, folder, seconds, depth, bytes, verify }) {
  const { driver } = createRequire(here)("../libs/nvme-native");
  const controller = await driver.open(address, { cmdlogDir: folder });
  const ns = await controller.namespace(1);
  const common = {
    nsid: 1,
    worker: 1,
    sizeBytes: bytes,
    depth,
    regionStartLba: 0n,
    regionLbas: ns.identity.lbaCount,
    seed: 1n,
  };
  if (verify) {
    await ns.openVerifyTable(join(folder, "bench.verify"), 1n);
    await ns.startIoWorker({ ...common, randomPercent: 0, readPercent: 0, passes: 1, verify }).result;
  }
  const worker = ns.startIoWorker({
    ...common,
    randomPercent: 100,
    readPercent: 100,
    timeMs: seconds * 1000,
    sampleMs: 1000,
    verify,
  });
  const result = await worker.result;
  await controller.close();
  if (result.end !== "done" || result.errors.length > 0) throw new Error(`the worker ended ${result.end}`);
  console.log(
    JSON.stringify({
      iops: (Number(result.reads) * 1000) / result.durationMs,
      miscompares: String(result.miscompares),
    }),
  );
}

function runPerf({ id, seconds, depth, bytes }) {
  const perf = process.env.ASSAY_SPDK_NVME_PERF ?? "spdk_nvme_perf";
  const args = [
    "-r",
    id,
    "-q",
    depth,
    "-o",
    bytes,
    "-w",
    "randread",
    "-t",
    seconds,
    "--no-huge",
    "-s",
    512,
    "-c",
    "0x2",
  ];
  const { stdout, status } = spawnSync(perf, args.map(String), { encoding: "utf8" });
  const total = /^Total\s*:\s*([\d.]+)/m.exec(stdout ?? "");
  if (total === null) throw new Error(`${perf} gave no figures (status ${status})`);
  return Number(total[1]);
}

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

async function startTarget(folder, port) {
  const rpc = join(folder, "rpc.sock");
  const args = ["--no-pci", "--no-huge", "-s", "1024", "-m", "0x1", "--disable-cpumask-locks", "-r", rpc];
  const child = spawn(process.env.ASSAY_NVMF_TGT ?? "nvmf_tgt", args, { stdio: "ignore" });
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const ready = await call(rpc, "framework_wait_init").then(
      () => true,
      () => false,
    );
    if (ready) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // Verification needs a device that keeps what is written.
  const bdev = values.verify ? ["bdev_malloc_create", 131_072] : ["bdev_null_create", 20_971_520];
  const nqn = "nqn.2016-06.io.spdk:assay-bench";
  const tcp = values.transport === "tcp";
  const listen = tcp
    ? { trtype: "TCP", adrfam: "IPv4", traddr: "127.0.0.1", trsvcid: String(port) }
    : { trtype: "VFIOUSER", traddr: join(folder, "vfio-user"), trsvcid: "0" };
  if (!tcp) mkdirSync(listen.traddr);
  await call(rpc, "nvmf_create_transport", { trtype: listen.trtype });
  await call(rpc, bdev[0], { name: "bench", num_blocks: bdev[1], block_size: 512 });
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

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function main() {
  const folder = mkdtempSync(join(tmpdir(), "assay-bench-"));
  const plan = {
    seconds: Number(values.seconds),
    depth: Number(values.depth),
    bytes: Number(values.bytes),
    verify: values.verify,
  };
  const { child, id, address } = await startTarget(folder, await freePort());
  const ratios = [];
  try {
    for (let round = 1; round <= Number(values.rounds); round++) {
      const perf = runPerf({ id, ...plan });
      // The same core for both: perf takes its core mask, the worker's process is given it.
      const run = spawnSync(
        "taskset",
        ["-c", "1", process.execPath, here, "--worker", JSON.stringify({ address, folder, ...plan })],
        {
          encoding: "utf8",
        },
      );
      if (run.status !== 0) throw new Error(`the worker's process failed:\n${run.stderr}`);
      const { iops, miscompares } = JSON.parse(run.stdout.trim().split("\n").at(-1));
      ratios.push(iops / perf);
      console.log(
        `round ${round}: perf ${perf.toFixed(0)} IOPS, ioworker ${iops.toFixed(0)} IOPS, ratio ${(iops / perf).toFixed(2)}${values.verify ? `, miscompares ${miscompares}` : ""}`,
      );
    }
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
  const load = readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).join(" ");
  console.log(
    `${values.transport}, ${plan.bytes} bytes, depth ${plan.depth}${values.verify ? ", verified" : ""}: median ratio ${median(ratios).toFixed(2)} of ${ratios.length} rounds (load ${load})`,
  );
}

await (values.worker === undefined ? main() : runWorker(JSON.parse(values.worker)));
