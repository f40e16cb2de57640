// Admin commands by name: an event, a self-test, a sanitize, new firmware, a subsystem reset.
const { expectStatus, field, Subsystem } = require("@assay/nvme-native");
const { withDemoDrive } = require("./demo-drive");

const soon = () => new Promise((resolve) => setTimeout(resolve, 10));

withDemoDrive({}, async ({ controller, ns, qpair }) => {
  const { commands } = controller;
  const log = async (lid, bytes) => (await controller.getLogPage(lid, bytes)).data;

  expectStatus(await commands.deviceSelfTest("short"));
  while (field(await log(6, 564), 0) !== 0n) await soon();
  console.log(`self-test: result ${field(await log(6, 564), 4) & 15n} (0: no error)`);

  expectStatus(await commands.sanitize("blockErase"));
  expectStatus(await ns.read(qpair, 0n, new Uint8Array(512)), 0, 0x1d); // Sanitize In Progress
  for await (const event of commands.events()) {
    console.log(`event ${event.cdw0.toString(16)}h: log page ${event.logPage.toString(16)}h has the news`);
    break;
  }

  // Images of the software drive begin with ASSAYFW1 and the revision.
  const image = new Uint8Array(8192);
  image.set(globalThis.Buffer.from("ASSAYFW12.0     "));
  const { completion } = await commands.downloadFirmware(image, { slot: 2, action: 1 });
  expectStatus(completion);
  await controller.reset();
  console.log(
    `firmware ${(await controller.identify()).firmware}; sanitize supported: ${await controller.supports(0x84)}`,
  );

  const reset = await new Subsystem(controller).reset();
  console.log(`subsystem reset: ${reset.ok ? `ready after ${reset.readyMs.toFixed(1)} ms` : reset.reason}`);
});
