// How many verified I/Os a good drive can take without one false miscompare: mixed 512-byte reads and writes of four
// workers on the software drive, on the same LBAs. Ends with 1 at the first miscompare or error.
//   node bench/clean-verification.mjs [--count 100000000] [--folder /dev/shm]
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";

const WORKERS = 4;
const { values } = parseArgs({
  options: { count: { type: "string", default: "100000000" }, folder: { type: "string", default: "/dev/shm" } },
});
const { driver } = createRequire(import.meta.url)("../libs/nvme-native");

const folder = mkdtempSync(join(values.folder, "assay-clean-"));
try {
  const path = join(folder, "clean.drive");
  await driver.createModelDrive(path, {
    model: "ASSAY SIM",
    serial: "CLEAN001",
    firmware: "1.0",
    capacityBytes: 64n << 20n,
    lbaBytes: 512,
    seed: 1n,
    volatileCache: true,
  });
  const controller = await driver.open({ transport: "model", path });
  const ns = await controller.namespace(1);
  await ns.openVerifyTable(join(folder, "clean.verify"), 1n);
  const start = process.hrtime.bigint();
  const results = await Promise.all(
    Array.from(
      { length: WORKERS },
      (_, worker) =>
        ns.startIoWorker({
          nsid: 1,
          worker,
          sizeBytes: 512,
          randomPercent: 100,
          readPercent: 70,
          depth: 64,
          regionStartLba: 0n,
          regionLbas: ns.identity.lbaCount,
          ioCount: Math.ceil(Number(values.count) / WORKERS),
          verify: true,
          seed: BigInt(worker),
        }).result,
    ),
  );
  await controller.close();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const sum = (key) => results.reduce((total, result) => total + result[key], 0n);
  const ios = sum("reads") + sum("writes");
  console.log(
    `${ios} I/Os in ${seconds.toFixed(1)} s, ${sum("checkedLbas")} sectors checked, ${sum("miscompares")} miscompares`,
  );
  const clean = results.every((result) => result.end === "done" && result.errors.length === 0);
  if (!clean || sum("miscompares") !== 0n) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
