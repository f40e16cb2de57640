// A software drive in a temporary folder for each example: made, opened, and removed at the end.
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { driver } = require("@assay/nvme-native");

/** Runs `show({ controller, ns, qpair, path, folder })`; `spec` says what is special about this drive. */
async function withDemoDrive(spec, show) {
  const folder = mkdtempSync(join(tmpdir(), "assay-example-"));
  const path = join(folder, "demo.drive");
  try {
    await driver.createModelDrive(path, {
      model: "ASSAY SIM A",
      serial: "DEMO0001",
      firmware: "1.0",
      capacityBytes: 16n << 20n,
      lbaBytes: 512,
      seed: 1n,
      volatileCache: true,
      ...spec,
    });
    const controller = await driver.open({ transport: "model", path }, { cmdlogDir: folder });
    try {
      const ns = await controller.namespace(1);
      const qpair = await controller.createQpair({ depth: 64 });
      await show({ controller, ns, qpair, path, folder });
    } finally {
      await controller.close().catch(() => {});
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { withDemoDrive };
