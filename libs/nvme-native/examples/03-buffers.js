// Buffers that the drive reaches itself: patterns, fields as the specification prints them, offsets inside a page.
const { Buffer, expectStatus } = require("@assay/nvme-native");
const { withDemoDrive } = require("./demo-drive");

withDemoDrive({}, async ({ controller, ns, qpair }) => {
  // Half of every sector is random: what a compressing drive would see does not depend on the length.
  const data = controller.createBuffer(4096, { name: "payload", pattern: { randomPercent: 50, seed: 7n } });
  expectStatus(await ns.write(qpair, 0n, data));

  const page = controller.createBuffer(4096, { name: "identify page" });
  expectStatus(await controller.commands.identify(page));
  console.log(`VID ${page.data(1, 0).toString(16)}h, model "${page.text(63, 24)}"`);

  // One sector, read to byte 1024 of a page: the first PRP entry points into it.
  const target = controller.createBuffer(4096).fill("ones");
  target.size = 512;
  target.offset = 1024;
  expectStatus(await ns.read(qpair, 0n, target));
  console.log(`byte 1023 is ${target.get(1023)}, byte 1024 is ${target.get(1024)}, as written: ${data.get(0)}`);
  console.log(`the drive saw it at ${target.physicalAddress.toString(16)}h`);
  console.log(target.dump(16));

  // Freed or forgotten, it lives until the command has ended.
  const read = ns.read(qpair, 0n, controller.createBuffer(4096));
  target.free();
  expectStatus(await read);

  // One without a controller works everywhere too; it is copied, as any Uint8Array is.
  expectStatus(await ns.write(qpair, 8n, new Buffer(512, { pattern: { word: 0xcafe } })));
});
