// Many commands at once, and what is waited for: promises, counted completions, timeouts as values.
const { Completions, expectStatus } = require("@assay/nvme-native");
const { withDemoDrive } = require("./demo-drive");

withDemoDrive({}, async ({ controller, ns, qpair }) => {
  const sector = () => new Uint8Array(512);

  // A promise for each command is all that most scripts need.
  const reads = Array.from({ length: 200 }, (_, i) => ns.read(qpair, BigInt(i), sector()));
  for (const completion of await Promise.all(reads)) expectStatus(completion);

  // Counted, whichever end first; what is done with a completion may send more.
  const done = new Completions();
  for (let i = 0; i < 10; i++) {
    done.add(ns.write(qpair, BigInt(i), sector().fill(i)), () => done.add(ns.read(qpair, BigInt(i), sector())));
  }
  const { completions } = await done.wait(20);
  console.log(`${completions.length} completions, the newest with cid ${qpair.latest.cid}`);

  // What never comes is a value, not an error.
  const nothing = await done.wait(1, { timeoutMs: 50 });
  console.log(`one more: ${nothing.timedOut ? "timed out" : "came"}`);

  // 126 admin commands outstanding at once.
  const features = Array.from({ length: 126 }, () => controller.getFeature(7));
  for (const completion of await Promise.all(features)) expectStatus(completion);

  // What the drive has just now, with its cids, and an abort of one: a request for events waits until something happens.
  const request = controller.admin({ opcode: 0x0c });
  const [outstanding] = await controller.outstanding();
  console.log(`${outstanding.name} is outstanding with cid ${outstanding.cid}`);
  for (;;) if ((expectStatus(await controller.commands.abort(outstanding.cid)).cdw0 & 1) === 0) break; // 1: not yet fetched
  expectStatus(await request, 0, 0x07); // Command Abort Requested
});
