// A drive with a planted defect, and the verifier that finds and names it.
const { withDemoDrive } = require("./demo-drive");

const faults = [{ kind: "silent-corruption", afterWrites: 100, everyNth: 50 }];

withDemoDrive({ faults }, async ({ ns, folder }) => {
  await ns.openVerifyTable(`${folder}/demo.verify`, 42n);
  const worker = ns.startIoWorker({
    readPercent: 50,
    depth: 8,
    regionStartLba: 0n,
    regionLbas: 1024n,
    ioCount: 5000,
    verify: true,
    onError: "count", // "stop", the default, would leave the flight recorder as it was at the first one
    seed: 7n,
  });
  const found = [];
  for await (const event of worker) if (event.type === "miscompare") found.push(event.miscompare);
  const result = await worker.result;
  console.log(`${result.miscompares} miscompares in ${result.reads} reads`);
  const [first] = found;
  console.log(`LBA ${first.lba}: ${first.kind} at byte ${first.byteOffset}`);
  if (result.miscompares === 0n) throw new Error("the defect was not found");
});
