// The flight recorder: the newest commands of every queue, in files that outlive queue, controller and process.
const { readFileSync } = require("node:fs");
const { describeCommand, recordedCommands } = require("@assay/nvme-native");
const { withDemoDrive } = require("./demo-drive");

withDemoDrive({}, async ({ controller, ns, qpair }) => {
  await ns.write(qpair, 5n, new Uint8Array(1024));
  await ns.read(qpair, ns.identity.lbaCount, new Uint8Array(512)); // refused by the drive
  void controller.admin({ opcode: 0x0c }); // an event request: outstanding for as long as nothing happens
  await controller.getFeature(7);

  for (const command of [...qpair.cmdlog(2), ...controller.cmdlog(2)]) console.log(describeCommand(command));

  await qpair.delete();
  await controller.close();
  // Any process reads the file, also after the one that wrote it was killed.
  const left = recordedCommands(readFileSync(qpair.cmdlogPath));
  console.log(`the file of queue ${qpair.qid} has ${left.length} commands, the newest ${describeCommand(left[0])}`);
});
