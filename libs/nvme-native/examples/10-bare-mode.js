// Queues, entries and doorbells by hand, beside the driver's own: for protocol conformance.
const { BareAdmin, BareDevice, expectStatus } = require("@assay/nvme-native");
const { withDemoDrive } = require("./demo-drive");

withDemoDrive({}, async ({ controller, ns, qpair }) => {
  expectStatus(await ns.write(qpair, 0n, new Uint8Array(512).fill(0x5a)));

  const device = new BareDevice(controller);
  const completionQueue = device.completionQueue({ qid: 5, entries: 8 });
  const queue = device.submissionQueue({ qid: 5, entries: 8, completionQueue });
  expectStatus(await controller.admin(completionQueue.createCommand()));
  expectStatus(await controller.admin(queue.createCommand()));

  const io = new BareAdmin(queue);
  const memory = device.allocate(4096);
  for (let i = 0; i < 20; i++) {
    // More than two laps: the phase bit flips at the end of each.
    const read = await io.execute({ opcode: 2, nsid: 1, prp1: memory.physical(), cdw12: 0 });
    if (read.sct !== 0 || read.sc !== 0) throw new Error(`command ${i} ended with ${read.sct}/${read.sc}`);
  }
  console.log(`20 reads over 8 entries; the data begin with ${memory.bytes[0].toString(16)}h`);

  // An invalid namespace is answered by the drive: nothing here stands between.
  const wrong = await io.execute({ opcode: 4, nsid: 0 });
  console.log(`opcode 4 with nsid 0: ${wrong.sct}/${wrong.sc.toString(16)}h`);

  expectStatus(await controller.admin(queue.deleteCommand()));
  expectStatus(await controller.admin(completionQueue.deleteCommand()));
  device.freeAll();
});
