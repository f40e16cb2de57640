// The software drive and a runner's footprint, without SPDK: 4 KiB reads a second, memory with four workers at depth 128,
// sixteen controllers in one process, CPU of an open and idle drive, cost of a flight recorder's entry.
//   node bench/software-drive.mjs [--seconds 3] [--rounds 5]
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median } from "./quantile.mjs";

const here = fileURLToPath(import.meta.url);
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "5" },
    part: { type: "string" },
    folder: { type: "string" },
  },
});
const { driver } = createRequire(here)("../libs/nvme-native");
const CONTROLLERS = 16;

const status = (key) =>
  Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(readFileSync("/proc/self/status", "utf8"))[1]);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function open(folder, name) {
  const path = join(folder, `${name}.drive`);
  if (!existsSync(path)) {
    const capacityBytes = 64n << 20n;
    await driver.createModelDrive(path, {
      model: "BENCH",
      serial: name,
      firmware: "1",
      capacityBytes,
      lbaBytes: 4096,
      seed: 1n,
      volatileCache: true,
    });
  }
  const controller = await driver.open({ transport: "model", path }, { cmdlogDir: mkdtempSync(join(folder, "log-")) });
  return { controller, ns: await controller.namespace(1) };
}

const reads = (ns, worker, depth) =>
  ns.startIoWorker({
    nsid: 1,
    worker,
    sizeBytes: 4096,
    randomPercent: 100,
    readPercent: 100,
    depth,
    regionStartLba: 0n,
    regionLbas: ns.identity.lbaCount,
    seed: BigInt(worker),
    timeMs: Number(values.seconds) * 1000,
    sampleMs: 1000,
  }).result;

const iops = (result) => (Number(result.reads) * 1000) / result.durationMs;

/** Each in a process of its own, so that none sees what another left. */
const parts = {
  async reads(folder) {
    const { ns } = await open(folder, "reads");
    return { iops: iops(await reads(ns, 1, 32)) };
  },
  async memory(folder) {
    const { ns } = await open(folder, "memory");
    const running = [1, 2, 3, 4].map((worker) => reads(ns, worker, 128));
    await sleep(Number(values.seconds) * 500);
    const mib = { resident: status("VmRSS") / 1024, ofFiles: (status("RssFile") + status("RssShmem")) / 1024 };
    await Promise.all(running);
    return mib;
  },
  async controllers(folder) {
    const before = status("VmRSS");
    const opened = await Promise.all(Array.from({ length: CONTROLLERS }, (_, n) => open(folder, `c${n}`)));
    const results = await Promise.all(opened.map(({ ns }, n) => reads(ns, n, 4)));
    return { iops: results.map(iops), mibEach: (status("VmRSS") - before) / 1024 / CONTROLLERS };
  },
  async idle(folder) {
    const { controller } = await open(folder, "idle");
    for (let n = 0; n < 4; n++) await controller.createQpair({ depth: 128 });
    await sleep(500);
    const before = process.cpuUsage();
    await sleep(3000);
    const { user, system } = process.cpuUsage(before);
    return { percent: (user + system) / 30_000 };
  },
};

function run(part, folder, taskset = []) {
  const command = [...taskset, process.execPath, here, "--part", part, "--folder", folder, "--seconds", values.seconds];
  const { status: code, stdout, stderr } = spawnSync(command[0], command.slice(1), { encoding: "utf8" });
  if (code !== 0) throw new Error(`${part} failed:\n${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

async function main() {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "assay-bench-"));
  try {
    const rounds = Array.from(
      { length: Number(values.rounds) },
      () => run("reads", folder, ["taskset", "-c", "1"]).iops,
    );
    console.log(
      `software drive, 4 KiB random reads at depth 32, drive and worker on one core: median ${median(rounds).toFixed(0)}, best ${Math.max(...rounds).toFixed(0)} IOPS of ${rounds.length} rounds (goal 1000000)`,
    );
    const apart = run("reads", folder).iops;
    console.log(`the same with a core each: ${apart.toFixed(0)} IOPS`);
    const { resident, ofFiles } = run("memory", folder);
    console.log(
      `four workers at depth 128: ${resident.toFixed(0)} MiB resident, ${ofFiles.toFixed(0)} of them pages of files (drive, recorders, programs) (goal 250)`,
    );
    const many = run("controllers", folder);
    console.log(
      `${CONTROLLERS} controllers in one process: all read, ${many.mibEach.toFixed(1)} MiB each, ${Math.min(...many.iops).toFixed(0)} to ${Math.max(...many.iops).toFixed(0)} IOPS`,
    );
    console.log(`idle controller with four queue pairs: ${run("idle", folder).percent.toFixed(2)} % of a core`);
    const native = join(here, "../../libs/nvme-native/build/native_test");
    if (existsSync(native)) console.log(spawnSync(native, ["measure"], { encoding: "utf8" }).stdout.trim());
    else console.log("flight recorder: build libs/nvme-native/build/native_test first (make -C libs/nvme-native unit)");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`load ${readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).join(" ")}`);
}

if (values.part === undefined) await main();
else {
  console.log(JSON.stringify(await parts[values.part](values.folder)));
  process.exit(0);
}
