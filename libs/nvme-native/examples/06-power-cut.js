// Cut the power under verified load, bring the drive up again, and judge every sector that was written.
const { driver } = require("@assay/nvme-native");
const { withDemoDrive } = require("./demo-drive");

withDemoDrive({}, async ({ controller, ns, path, folder }) => {
  await ns.openVerifyTable(`${folder}/demo.verify`, 42n); // 4 bytes an LBA; survives this process
  const worker = ns.startIoWorker({
    readPercent: 30,
    depth: 16,
    flushEvery: 100,
    verify: true,
    untilPowerLost: true,
    sampleMs: 50,
    seed: 7n,
  });
  for await (const event of worker) if (event.type === "sample") break;
  await driver.modelPower(path, "off");
  console.log(`the worker ended: ${(await worker.result).end}`);

  await driver.modelPower(path, "on");
  await controller.reopen(); // the same controller, namespaces and queue pairs work again
  const swept = await ns.verify({
    rule: "durable-or-newer",
    regionStartLba: 0n,
    regionLbas: ns.identity.lbaCount,
    written: true,
  });
  console.log(
    `${swept.checkedLbas} LBAs checked: ${swept.newest} newest, ${swept.older} older, ${swept.violations} violations`,
  );
  if (swept.violations > 0n) throw new Error("an honest drive lost what it had promised to keep");
});
