/** NVM commands (B085 to B099). */
import { expectStatus, type IoWorkerOptions } from "../../src";
import { type Behaviour, behaviour, mapsDataFirst, unknownWithoutData } from "./behaviour";
import { filled, firstBytes } from "./sectors";

const MODEL: Behaviour["on"] = ["model"];

behaviour("B085", "what is written is read back", {}, async (bench) => {
  const { ns, qpair } = bench;
  const written = Uint8Array.from({ length: 8 * ns.identity.lbaBytes }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
  expectStatus(await ns.write(qpair, 5n, written));
  const read = new Uint8Array(written.byteLength);
  expectStatus(await ns.read(qpair, 5n, read));
  if (!Buffer.from(read).equals(Buffer.from(written))) throw new Error("other data came back");
});

behaviour("B086", "a formatted drive reads zeroes, then what is written", { needs: ["format"] }, async (bench) => {
  const { controller, ns, qpair } = bench;
  const current = ns.identity.lbaFormats.findIndex(
    (f) => f.lbaBytes === ns.identity.lbaBytes && f.metadataBytes === ns.identity.metadataBytes,
  );
  expectStatus(await ns.write(qpair, 3n, filled(bench, 1, 9)));
  expectStatus(await controller.format(1, { lbaFormat: current }));
  expect(await firstBytes(bench, 0n, 8)).toEqual(Array(8).fill(0));
  for (let lba = 0; lba < 8; lba++) expectStatus(await ns.write(qpair, BigInt(lba), filled(bench, 1, lba)));
  expect(await firstBytes(bench, 0n, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

behaviour("B087", "write zeroes zeroes its LBAs and no other", { needs: ["write-zeroes"] }, async (bench) => {
  const { ns, qpair } = bench;
  expectStatus(await ns.write(qpair, 8n, filled(bench, 8, 5)));
  expectStatus(await ns.writeZeroes(qpair, 8n, 8));
  expect(await firstBytes(bench, 8n, 8)).toEqual(Array(8).fill(0));
  expectStatus(await ns.write(qpair, 8n, filled(bench, 8, 5)));
  expectStatus(await ns.writeZeroes(qpair, 8n, 7));
  expect(await firstBytes(bench, 8n, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 5]);
});

behaviour("B089", "a deallocated LBA reads the same each time", { needs: ["deallocate", "compare"] }, async (bench) => {
  const { ns, qpair } = bench;
  expectStatus(await ns.write(qpair, 0n, filled(bench, 8, 0x5a)));
  expectStatus(await ns.deallocate(qpair, [{ slba: 0n, lbaCount: 8 }]));
  const first = filled(bench, 8, 1);
  expectStatus(await ns.read(qpair, 0n, first));
  expect([0, 0x5a, 0xff]).toContain(first[0]);
  expect(new Set(first).size).toBe(1);
  const second = filled(bench, 8, 2);
  expectStatus(await ns.read(qpair, 0n, second));
  expect(Buffer.from(second).equals(Buffer.from(first))).toBe(true);
  expectStatus(await ns.compare(qpair, 0n, first));
});

behaviour("B090", "one range and 256 ranges are deallocated", { needs: ["deallocate"] }, async ({ ns, qpair }) => {
  expectStatus(await ns.deallocate(qpair, [{ slba: 0n, lbaCount: 8192 }]));
  const ranges = Array.from({ length: 256 }, (_, i) => ({ slba: BigInt(32 * i), lbaCount: 32 }));
  expectStatus(await ns.deallocate(qpair, ranges));
});

behaviour(
  "B091",
  "an LBA written as uncorrectable is unreadable until it is written",
  { needs: ["write-uncorrectable"] },
  async (bench) => {
    const { ns, qpair } = bench;
    for (let round = 0; round < 2; round++) {
      expectStatus(await ns.writeUncorrectable(qpair, 0n, 8));
      expectStatus(await ns.read(qpair, 0n, filled(bench, 8, 0)), 2, 0x81);
      expectStatus(await ns.write(qpair, 0n, filled(bench, 8, round + 1)));
      expect(await firstBytes(bench, 0n, 8)).toEqual(Array(8).fill(round + 1));
    }
  },
);

behaviour("B093", "raw I/O commands end with the status of the specification", {}, async (bench) => {
  const { ns, qpair, host } = bench;
  // The low bits of an opcode tell the direction of its data; this one has none.
  expectStatus(await ns.io(qpair, { opcode: 0x9c }), 0, 0x01);
  if (mapsDataFirst(host)) bench.differs("SPDK's target ends opcode ffh without data with 00/06, not 00/01");
  expectStatus(await ns.io(qpair, { opcode: 0xff }), 0, unknownWithoutData(host));
  expectStatus(await ns.io(qpair, { opcode: 0, nsid: 0 }), 0, 0x0b);
  expectStatus(await ns.io(qpair, { opcode: 0, nsid: 1 }));
});

behaviour("B094", "more than MDTS is refused, and nothing breaks", { on: MODEL }, async (bench) => {
  const { controller, ns, qpair } = bench;
  const { mdtsBytes } = controller.identity;
  const lbas = (2 * mdtsBytes) / ns.identity.lbaBytes;
  expectStatus(await ns.io(qpair, { opcode: 2, cdw12: lbas - 1 }, new Uint8Array(2 * mdtsBytes), "from-device"), 0, 2);
  expectStatus(await ns.read(qpair, 0n, new Uint8Array(mdtsBytes)));
});

behaviour("B095", "forced unit access works with reads and writes", { needs: ["volatile-cache"] }, async (bench) => {
  const { ns, qpair } = bench;
  expectStatus(await ns.write(qpair, 9n, filled(bench, 1, 3), { fua: true }));
  const data = filled(bench, 1, 0);
  expectStatus(await ns.read(qpair, 9n, data, { fua: true, limitedRetry: true }));
  expect(data[0]).toBe(3);
});

behaviour("B096", "limited retry and forced unit access stand in the command as it was sent", {}, async (bench) => {
  const { ns, qpair } = bench;
  const flags = [{}, { fua: true }, { limitedRetry: true }, { fua: true, limitedRetry: true }];
  for (const flag of flags) await ns.read(qpair, 9n, filled(bench, 2, 0), flag);
  await ns.write(qpair, 9n, filled(bench, 1, 0), { limitedRetry: true });
  const words = qpair.cmdlog(5).map(({ opcode, submission }) => [opcode, submission[12]]);
  expect(words.reverse()).toEqual([
    [2, 1],
    [2, 0x4000_0001],
    [2, 0x8000_0001],
    [2, 0xc000_0001],
    [1, 0x8000_0000],
  ]);
});

behaviour("B098", "all small sizes at all small offsets complete", { depth: 128 }, async (bench) => {
  const { ns, qpair } = bench;
  for (const lbas of [1, 2, 9, 10]) {
    for (const offset of [0, 1, 8, 9]) {
      for (const count of [0, 1, 8, 9]) {
        const reads = Array.from({ length: count }, (_, i) =>
          ns.read(qpair, BigInt(offset + i * lbas), filled(bench, lbas, 0)),
        );
        for (const completion of await Promise.all(reads)) expectStatus(completion);
      }
    }
  }
});

behaviour("B099", "two controllers at once keep their data apart", { on: MODEL }, async (bench) => {
  const other = await bench.open({ serial: "OTHER", capacityBytes: 8n << 20n });
  expectStatus(await bench.ns.write(bench.qpair, 11n, filled(bench, 1, 1)));
  expectStatus(await other.ns.write(other.qpair, 11n, filled(other, 1, 2)));
  expect(await firstBytes(bench, 11n, 1)).toEqual([1]);
  expect(await firstBytes(other, 11n, 1)).toEqual([2]);
  expect(other.controller.identity.serial).not.toBe(bench.controller.identity.serial);
  expect(other.ns.identity.lbaCount).not.toBe(bench.ns.identity.lbaCount);
});

behaviour(
  "B099",
  "two namespaces of a controller keep their data apart",
  {
    on: MODEL,
    spec: {
      namespaces: [
        { capacityBytes: 8n << 20n, lbaBytes: 512 },
        { capacityBytes: 4n << 20n, lbaBytes: 4096 },
      ],
    },
  },
  async (bench) => {
    const second = await bench.controller.namespace(2);
    expect(await bench.controller.activeNamespaces()).toEqual([1, 2]);
    expect(second.identity).toMatchObject({ lbaBytes: 4096, lbaCount: 1024n });
    expectStatus(await bench.ns.write(bench.qpair, 11n, filled(bench, 1, 1)));
    expectStatus(await second.write(bench.qpair, 11n, filled({ ns: second }, 1, 2)));
    expect(await firstBytes(bench, 11n, 1)).toEqual([1]);
    expect(await firstBytes({ ns: second, qpair: bench.qpair }, 11n, 1)).toEqual([2]);
    for (const [ns, name] of [
      [bench.ns, "one"],
      [second, "two"],
    ] as const) {
      await ns.openVerifyTable(`${bench.folder}/${name}.verify`, 7n);
      const worker = ns.startIoWorker({ ...WORKER, nsid: ns.nsid, sizeBytes: 4096, regionLbas: 512n, ioCount: 500 });
      expect(await worker.result).toMatchObject({ end: "done", miscompares: 0n, errors: [] });
    }
  },
);

const WORKER: IoWorkerOptions = {
  nsid: 1,
  worker: 0,
  sizeBytes: 4096,
  randomPercent: 100,
  readPercent: 50,
  depth: 8,
  regionStartLba: 0n,
  regionLbas: 1024n,
  verify: true,
  seed: 3n,
};
