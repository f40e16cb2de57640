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

  // 126 admin commands outstanding, and an abort between them.
  const features = Array.from({ length: 126 }, () => controller.getFeature(7));
  expectStatus(await controller.commands.abort(0xffff, qpair.qid));
  for (const completion of await Promise.all(features)) expectStatus(completion);
});
