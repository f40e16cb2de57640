// An ioworker: a native thread with a queue of its own; only samples and histograms come to JavaScript.
const { ioPerSecond, iopsConsistency, latencyPercentiles } = require("@assay/nvme-native");
const { withDemoDrive } = require("./demo-drive");

withDemoDrive({}, async ({ ns }) => {
  const worker = ns.startIoWorker({
    sizeBytes: [
      { bytes: 4096, weight: 3 },
      { bytes: 65536, weight: 1 },
    ],
    randomPercent: 80,
    readPercent: 70,
    depth: 32, // exactly so many are outstanding
    timeMs: 2500, // series are made of whole seconds
    sampleMs: 100,
    seed: 7n, // the same seed gives the same commands on every host
  });
  const samples = [];
  for await (const event of worker) if (event.type === "sample") samples.push(event.sample);
  const result = await worker.result;
  console.log(`${result.end}: ${result.reads} reads, ${result.writes} writes, ${result.errors.length} kinds of errors`);
  console.log(`p50 and p99 of reads: ${latencyPercentiles([result], [50, 99], { operations: ["read"] })} ns`);
  const series = ioPerSecond(samples);
  console.log(`I/O per second: ${series}; consistency at 99 %: ${iopsConsistency(series, 99)}`);
});
