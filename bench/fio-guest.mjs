// The driver's ioworker beside fio on the same PCIe drive, in turns: QEMU's NVMe drive in a guest, once held by vfio-pci for the
// driver and once by the kernel for fio (io_uring, direct). Both on the same core of the guest, a drive of ordinary interrupts
// for fio and of polling for the driver, as each is used. Everything is emulated: read the ratios and no absolute figure.
//   node bench/fio-guest.mjs [--only <regular expression over the names of cases>] [--rounds 10] [--seconds 1]
// Needs the addon with SPDK (npm run build), what the tier `qemu` needs, and Debian's package fio.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { median, quantile } from "./quantile.mjs";
import { CASES, PATTERNS } from "./workloads.mjs";

const require = createRequire(import.meta.url);
require("../libs/nvme-native/test/from-sources.cjs");
const qemu = (name) => require(`../libs/nvme-native/test/qemu/${name}.ts`);
const { whyNoPcie } = qemu("pcie-guest");
const { LastingGuest } = qemu("lasting-guest");
const { FUNCTIONS } = qemu("drives");
const { librariesOf, PLACE } = qemu("node-files");

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "10" },
    seconds: { type: "string", default: "1" },
  },
});
const MODULES = ["nvme"];
/** For both runs of a pair with their binding, on a machine that emulates. */
const PAIR_LIMIT_MS = 180_000;
const START_LIMIT_MS = 180_000;

const nameOf = ({ workload, bytes, depth }) => `${workload} ${bytes} depth ${depth}`;
const WIDTHS = [26, 6, 12, 10, 9, 9, 5];
const row = (cells) =>
  console.log(
    cells
      .map((cell, n) => String(cell).padEnd(WIDTHS[n]))
      .join(" ")
      .trimEnd(),
  );

const fio = (process.env.PATH ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "fio"))
  .find((path) => existsSync(path));

async function measure(guest, one, rounds, seconds) {
  const request = JSON.stringify({ ...one, pattern: PATTERNS[one.workload], rounds, seconds });
  const program = `${process.execPath} ${PLACE}/test/qemu/in-guest-pairs.js ${FUNCTIONS[1]} ${fio} '${request}'`;
  const limitMs = START_LIMIT_MS + rounds * (PAIR_LIMIT_MS + 2000 * seconds);
  const said = await guest.shell(`taskset 2 ${program}`, limitMs);
  const pairs = said
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  const ratios = pairs.map(({ fio, worker }) => worker.iops / fio.iops);
  row([
    nameOf(one),
    median(ratios).toFixed(2),
    `${quantile(ratios, 0.25).toFixed(2)}-${quantile(ratios, 0.75).toFixed(2)}`,
    median(pairs.map(({ fio, worker }) => worker.p99Us / fio.p99Us)).toFixed(2),
    median(pairs.map(({ fio }) => fio.iops)).toFixed(0),
    median(pairs.map(({ worker }) => worker.iops)).toFixed(0),
    pairs.length,
  ]);
}

async function main() {
  const missing = fio === undefined ? "no fio on this machine (apt-get install fio)" : whyNoPcie(MODULES);
  if (missing !== null) return console.log(`skipped: ${missing}`);
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  const only = new RegExp(values.only);
  const files = Object.fromEntries([fio, ...librariesOf(fio)].map((path) => [path, path]));
  const guest = await LastingGuest.start({ modules: MODULES, files });
  try {
    if (guest.lacks !== null) return console.log(`skipped: ${guest.lacks}`);
    row(["case", "ratio", "quartiles", "p99 ratio", "fio IOPS", "ours", "pairs"]);
    for (const one of CASES.filter((one) => only.test(nameOf(one)))) await measure(guest, one, rounds, seconds);
    console.log(
      `pairs of ${seconds} s; load ${readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).join(" ")}`,
    );
  } finally {
    await guest.stop();
  }
}

await main();
