// Make a drive, open it, and look at it: Identify, registers, a log page.
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { driver, expectStatus, field } = require("@assay/nvme-native");

async function main() {
  const folder = mkdtempSync(join(tmpdir(), "assay-example-"));
  const path = join(folder, "demo.drive");
  await driver.createModelDrive(path, {
    model: "ASSAY SIM A",
    serial: "DEMO0001",
    firmware: "1.0",
    capacityBytes: 64n << 20n,
    lbaBytes: 512,
    seed: 1n,
    volatileCache: true,
  });
  // A drive of metal instead: { transport: "spdk-pcie", address: "0000:01:00.0" }, or new Tcp("10.0.0.5", { nqn }).
  const controller = await driver.open({ transport: "model", path });

  const { model, serial, firmware, maxQpairs } = controller.identity;
  console.log(
    `${model}, serial ${serial}, firmware ${firmware}: ${maxQpairs} queue pairs, MDTS ${controller.mdts} bytes`,
  );
  console.log(await controller.registers());

  const smart = await controller.getLogPage(2, 512);
  expectStatus(smart.completion);
  console.log(`${field(smart.data, 2, 1)} K, ${field(smart.data, 127, 112)} power cycles`);

  for (const nsid of await controller.activeNamespaces()) {
    const { lbaCount, lbaBytes } = (await controller.namespace(nsid)).identity;
    console.log(`namespace ${nsid}: ${lbaCount} LBAs of ${lbaBytes} bytes`);
  }
  await controller.close();
  rmSync(folder, { recursive: true });
}
main();
