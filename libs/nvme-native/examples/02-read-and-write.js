// Write, read, compare; what the drive refuses is a value, what the script does wrong is an error.
const { expectStatus, statusText } = require("@assay/nvme-native");
const { withDemoDrive } = require("./demo-drive");

withDemoDrive({}, async ({ ns, qpair }) => {
  const written = new Uint8Array(8 * 512).fill(7);
  expectStatus(await ns.write(qpair, 40n, written, { fua: true }));

  const read = new Uint8Array(8 * 512);
  const completion = expectStatus(await ns.read(qpair, 40n, read));
  console.log(`LBA 40 begins with ${read[0]}; the read took ${completion.latencyNs / 1000} us`);

  // A status is asserted where a script wants one: 02/85 is Compare Failure, 00/80 LBA Out of Range.
  expectStatus(await ns.compare(qpair, 41n, new Uint8Array(512)), 2, 0x85);
  const beyond = await ns.read(qpair, ns.identity.lbaCount, new Uint8Array(512));
  console.log(`a read behind the end: ${statusText(beyond)}${beyond.dnr ? ", do not retry" : ""}`);

  try {
    await ns.read(qpair, 0n, new Uint8Array(500));
  } catch (reason) {
    console.log(`${reason.code}: ${reason.message}`);
  }
});
