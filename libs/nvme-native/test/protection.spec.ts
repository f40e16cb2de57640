/** Metadata and protection information of the software drive, LBA formats, fused operations, copy. */
import {
  driver,
  expectStatus,
  findLbaFormat,
  formatNamespace,
  guardCrc,
  type ModelNamespaceSpec,
  protectionTuple,
  statusText,
} from "../src";
import { type Bench, withDrive, worker } from "./bench-drive";

const MIB = 1n << 20n;
const drive = (ns: Omit<ModelNamespaceSpec, "capacityBytes">, body: (bench: Bench) => Promise<void>) =>
  withDrive({ spec: { namespaces: [{ capacityBytes: 16n * MIB, ...ns }] } }, body);
/** A worker fills 512 LBAs twice and mixes, sectors are damaged once the second lap is on: these are found, no other. */
const damaged = (ns: Omit<ModelNamespaceSpec, "capacityBytes">, afterWrites: number) =>
  withDrive(
    {
      spec: {
        namespaces: [{ capacityBytes: 16n * MIB, ...ns }],
        faults: [{ kind: "bit-flip", where: { slba: "77", lbaCount: 1 }, when: { afterWrites } }],
      },
    },
    async ({ ns: namespace, qpair, folder, drive: path }) => {
      const { lbaBytes } = namespace.identity;
      const region = { regionLbas: 512n, sizeBytes: [lbaBytes, 2 * lbaBytes, 7 * lbaBytes], alignLbas: 1 };
      const all = { rule: "exact" as const, regionStartLba: 0n, regionLbas: 512n, written: true };
      await namespace.openVerifyTable(`${folder}/meta.verify`, 1n);
      const mixed = worker({ ...region, ioCount: 800, verify: true });
      expect(await namespace.startIoWorker(mixed).result).toMatchObject({ end: "done", errors: [], miscompares: 0n });
      const lap = worker({ ...region, sizeBytes: lbaBytes, randomPercent: 0, readPercent: 0, passes: 1, verify: true });
      for (let i = 0; i < 2; i++) expect((await namespace.startIoWorker(lap).result).end).toBe("done");
      expect((await driver.modelFaults(path))[0]!.acted).toBe(1);
      expect((await namespace.verify(all)).miscompares).toMatchObject([{ lba: 77n, kind: "bit-error" }]);
      // A script's write with metadata is followed too, and so is its read.
      const stride = lbaBytes + (ns.extendedLba ? namespace.identity.metadataBytes : 0);
      namespace.verifyReads(true);
      expectStatus(await namespace.read(qpair, 77n, new Uint8Array(stride)), 7, 0x81);
      expectStatus(await namespace.write(qpair, 76n, ramp(3 * stride)));
      expectStatus(await namespace.read(qpair, 76n, new Uint8Array(3 * stride)));
      expect(await namespace.verify(all)).toMatchObject({ violations: 0n, checkedLbas: 512n, coveragePercent: 100 });
    },
  );
const ramp = (bytes: number, from = 0) =>
  Uint8Array.from({ length: bytes }, (_, i) => (from + i * 7 + (i >> 8)) & 0xff);
const same = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(Buffer.from(b));

test("the guard is the CRC-16 of T10 DIF", () => {
  expect(guardCrc(Buffer.from("123456789"))).toBe(0xd0db);
  expect(guardCrc(new Uint8Array(512))).toBe(0);
});

describe.each([
  [512, 8],
  [4096, 8],
  [4096, 64],
] as const)("a namespace of %i + %i bytes", (lbaBytes, metadataBytes) => {
  test("keeps metadata that have a buffer of their own", () =>
    drive({ lbaBytes, metadataBytes }, async ({ ns, qpair }) => {
      expect(ns.identity).toMatchObject({ lbaBytes, metadataBytes, extendedLba: false, protection: { type: 0 } });
      const data = ramp(3 * lbaBytes);
      const metadata = ramp(3 * metadataBytes, 77);
      expectStatus(await ns.write(qpair, 5n, data, { metadata }));
      const read = new Uint8Array(data.byteLength);
      const beside = new Uint8Array(metadata.byteLength);
      expectStatus(await ns.read(qpair, 5n, read, { metadata: beside }));
      expect([same(read, data), same(beside, metadata)]).toEqual([true, true]);
      expectStatus(await ns.compare(qpair, 5n, data, { metadata }));
      beside[3 * metadataBytes - 1]! ^= 1;
      expectStatus(await ns.compare(qpair, 5n, data, { metadata: beside }), 2, 0x85);
      expectStatus(await ns.read(qpair, 5n, read));
      expect(same(read, data)).toBe(true);
    }));

  test("keeps metadata behind each LBA", () =>
    drive({ lbaBytes, metadataBytes, extendedLba: true }, async ({ ns, qpair }) => {
      expect(ns.identity.extendedLba).toBe(true);
      const data = ramp(3 * (lbaBytes + metadataBytes));
      expectStatus(await ns.write(qpair, 5n, data));
      const read = new Uint8Array(lbaBytes + metadataBytes);
      expectStatus(await ns.read(qpair, 6n, read));
      expect(same(read, data.subarray(read.byteLength, 2 * read.byteLength))).toBe(true);
    }));

  test.each([
    [false, "of their own"],
    [true, "between the sectors"],
  ])("is written and verified by workers, with metadata %#: %s", (extendedLba) =>
    damaged({ lbaBytes, metadataBytes, extendedLba }, 900),
  );
});

describe.each([1, 2, 3] as const)("protection information of type %i", (protection) => {
  const tags = (lba: number) => (protection === 3 ? 0x1234 : lba);
  const tuples = (data: Uint8Array, lba: number, change: (tuple: Uint8Array) => void = () => {}) => {
    const metadata = new Uint8Array((data.byteLength / 512) * 8);
    for (let i = 0; i < data.byteLength / 512; i++) {
      const guard = guardCrc(data.subarray(512 * i, 512 * (i + 1)));
      const referenceTag = protection === 3 ? tags(lba) : tags(lba) + i;
      const tuple = protectionTuple({ guard, applicationTag: 0xbeef, referenceTag });
      change(tuple);
      metadata.set(tuple, 8 * i);
    }
    return metadata;
  };
  const checks =
    protection === 3 ? (["guard", "application"] as const) : (["guard", "application", "reference"] as const);
  const check = { check: [...checks], applicationTag: 0xbeef, referenceTag: tags(9) };

  test("is checked on its way in", () =>
    drive({ lbaBytes: 512, metadataBytes: 8, protection }, async ({ ns, qpair }) => {
      const data = ramp(4 * 512);
      const write = async (metadata: Uint8Array) =>
        statusText(await ns.write(qpair, 9n, data, { metadata, protection: check }));
      expect(await write(tuples(data, 9))).toBe("00/00");
      expect(await write(tuples(data, 9, (tuple) => (tuple[1]! ^= 1)))).toBe("02/82");
      expect(await write(tuples(data, 9, (tuple) => (tuple[2]! ^= 1)))).toBe("02/83");
      expect(await write(tuples(data, 9, (tuple) => (tuple[7]! ^= 1)))).toBe(protection === 3 ? "00/00" : "02/84");
    }));

  test("is kept, checked on its way out, by verify and by compare", () =>
    drive({ lbaBytes: 512, metadataBytes: 8, protection }, async ({ ns, qpair }) => {
      const data = ramp(4 * 512);
      const metadata = tuples(data, 9);
      expectStatus(await ns.write(qpair, 9n, data, { metadata, protection: check }));
      const read = new Uint8Array(data.byteLength);
      const beside = new Uint8Array(32);
      expectStatus(await ns.read(qpair, 9n, read, { metadata: beside, protection: check }));
      expect([same(read, data), same(beside, metadata)]).toEqual([true, true]);
      expectStatus(await ns.verifyLbas(qpair, 9n, 4, { protection: check }));
      expectStatus(await ns.compare(qpair, 9n, data, { metadata, protection: check }));
      const other = { ...check, applicationTag: 1 };
      expectStatus(await ns.read(qpair, 9n, read, { metadata: beside, protection: other }), 2, 0x83);
      expectStatus(await ns.verifyLbas(qpair, 9n, 4, { protection: { ...other, applicationMask: 0 } }));
      // What was never written is not checked; its tuples are all ones.
      expectStatus(await ns.read(qpair, 100n, read, { metadata: beside, protection: { ...check, referenceTag: 100 } }));
      expect(beside.every((byte) => byte === 0xff)).toBe(true);
    }));

  test("is made and taken off by the drive", () =>
    drive({ lbaBytes: 512, metadataBytes: 8, protection, extendedLba: true }, async ({ ns, qpair, folder }) => {
      const data = ramp(4 * 512);
      expectStatus(await ns.write(qpair, 9n, data, { protection: { action: true, applicationTag: 7 } }));
      const read = new Uint8Array(data.byteLength);
      const out = { action: true, check: [...checks], applicationTag: 7 };
      expectStatus(await ns.read(qpair, 9n, read, { protection: out }));
      expect(same(read, data)).toBe(true);
      const whole = new Uint8Array(520);
      expectStatus(await ns.read(qpair, 10n, whole, { protection: {} }));
      const expected = protectionTuple({
        guard: guardCrc(data.subarray(512, 1024)),
        applicationTag: 7,
        referenceTag: protection === 3 ? 9 : 10,
      });
      expect([...whole.subarray(512)]).toEqual([...expected]);
      await ns.openVerifyTable(`${folder}/pi.verify`, 1n);
      const result = await ns.startIoWorker(worker({ ioCount: 300, verify: true, regionLbas: 512n })).result;
      expect(result).toMatchObject({ end: "done", errors: [], miscompares: 0n });
      expect(await ns.verify({ rule: "exact", regionStartLba: 0n, regionLbas: 512n, written: true })).toMatchObject({
        violations: 0n,
        readErrors: 0n,
      });
    }));
});

test.each([
  [1, false],
  [2, true],
  [3, true],
] as const)(
  "workers on 64 bytes of metadata with protection of type %i, between the sectors: %s",
  (protection, extendedLba) =>
    drive({ lbaBytes: 4096, metadataBytes: 64, protection, extendedLba }, async ({ ns, folder }) => {
      await ns.openVerifyTable(`${folder}/pi.verify`, 1n);
      const load = worker({ sizeBytes: [4096, 16384], ioCount: 600, verify: true, regionLbas: 256n });
      expect(await ns.startIoWorker(load).result).toMatchObject({ end: "done", errors: [], miscompares: 0n });
      const all = { rule: "exact" as const, regionStartLba: 0n, regionLbas: 256n, written: true };
      expect(await ns.verify(all)).toMatchObject({ violations: 0n, readErrors: 0n });
    }),
);

test.each([false, true])(
  "tuples that a script makes itself are no miscompare, between the sectors: %s",
  (extendedLba) =>
    drive({ lbaBytes: 512, metadataBytes: 8, protection: 1, extendedLba }, async ({ ns, qpair, folder }) => {
      await ns.openVerifyTable(`${folder}/pi.verify`, 1n);
      ns.verifyReads(true);
      const check = { check: ["guard", "reference"] as ("guard" | "reference")[], applicationTag: 0, referenceTag: 9 };
      const sector = ramp(512);
      const tuple = protectionTuple({ guard: guardCrc(sector), applicationTag: 0, referenceTag: 9 });
      const whole = Buffer.concat([sector, tuple]);
      const write = extendedLba
        ? ns.write(qpair, 9n, whole, { protection: check })
        : ns.write(qpair, 9n, sector, { metadata: tuple, protection: check });
      expectStatus(await write);
      // With and without the drive's help: the data are the same.
      expectStatus(await ns.read(qpair, 9n, new Uint8Array(512), { protection: { action: true } }));
      const beside = extendedLba ? {} : { metadata: new Uint8Array(8) };
      expectStatus(await ns.read(qpair, 9n, new Uint8Array(extendedLba ? 520 : 512), { ...beside, protection: check }));
      expect(await ns.verify({ rule: "exact", regionStartLba: 0n, regionLbas: 512n, written: true })).toMatchObject({
        violations: 0n,
        checkedLbas: 1n,
      });
    }),
);

test("type 1 wants the LBA as reference tag, type 3 cannot check one", () =>
  drive({ lbaBytes: 512, metadataBytes: 8, protection: 1 }, async ({ controller, ns, qpair }) => {
    const wrong = { action: true, referenceTag: 8 };
    expectStatus(await ns.write(qpair, 9n, ramp(512), { protection: wrong }), 1, 0x81);
    const type3 = await formatNamespace(controller, 1, { lbaFormat: 2, protection: 3 });
    const read = type3.namespace!.read(qpair, 9n, ramp(512), { protection: { action: true, check: ["reference"] } });
    expectStatus(await read, 1, 0x81);
  }));

test("format goes to every LBA format, and refuses protection where the metadata are too small", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    for (const { lbaBytes, metadataBytes } of ns.identity.lbaFormats) {
      const lbaFormat = findLbaFormat(ns.identity, lbaBytes, metadataBytes)!;
      for (const extendedLba of [false, true]) {
        const protection = metadataBytes === 0 ? 0 : 2;
        const { namespace } = await formatNamespace(controller, 1, { lbaFormat, extendedLba, protection });
        expect(namespace!.identity).toMatchObject({
          lbaBytes,
          metadataBytes,
          extendedLba: extendedLba && metadataBytes > 0,
          protection: { type: protection, first: false },
          lbaCount: (16n * MIB) / BigInt(lbaBytes),
        });
        const stride = lbaBytes + (extendedLba && metadataBytes > 8 ? metadataBytes : 0);
        expectStatus(await namespace!.write(qpair, 3n, ramp(stride)));
        expectStatus(await namespace!.read(qpair, 3n, new Uint8Array(stride)));
      }
    }
    expectStatus(await controller.format(1, { lbaFormat: 0, protection: 1 }), 1, 0x0a);
    expectStatus(await controller.format(1, { lbaFormat: 15 }), 1, 0x0a);
    expectStatus(await controller.format(1, { lbaFormat: 2, protection: 4 }), 0, 2);
  }));

test("compare and write are one: nothing is written where the compare fails", () =>
  withDrive({}, async ({ ns, qpair }) => {
    const zeroes = new Uint8Array(512);
    const fused = await ns.compareAndWrite(qpair, 4n, zeroes, ramp(512));
    expect([statusText(fused.compare), statusText(fused.write)]).toEqual(["00/00", "00/00"]);
    const failed = await ns.compareAndWrite(qpair, 4n, zeroes, zeroes);
    expect([statusText(failed.compare), statusText(failed.write)]).toEqual(["02/85", "00/09"]);
    expectStatus(await ns.compare(qpair, 4n, ramp(512)));
  }));

test("copy moves ranges, also over themselves, inside its limits", () =>
  withDrive({}, async ({ ns, qpair, folder }) => {
    await ns.openVerifyTable(`${folder}/copy.verify`, 1n);
    for (let lba = 0; lba < 16; lba++)
      expectStatus(await ns.write(qpair, BigInt(lba), new Uint8Array(512).fill(lba + 1)));
    const sources = [
      { slba: 0n, lbaCount: 4 },
      { slba: 8n, lbaCount: 2 },
    ];
    expectStatus(await ns.copy(qpair, sources, 2n));
    const read = new Uint8Array(8 * 512);
    expectStatus(await ns.read(qpair, 0n, read));
    expect(Array.from({ length: 8 }, (_, i) => read[512 * i])).toEqual([1, 2, 1, 2, 3, 4, 9, 10]);
    const swept = await ns.verify({ rule: "exact", regionStartLba: 0n, regionLbas: 64n, written: true });
    expect(swept.violations).toBe(0n);
    expectStatus(await ns.copy(qpair, [{ slba: 0n, lbaCount: 129 }], 200n), 1, 0x83);
    expectStatus(await ns.copy(qpair, Array(9).fill({ slba: 0n, lbaCount: 1 }), 200n), 1, 0x83);
    expectStatus(await ns.copy(qpair, Array(5).fill({ slba: 0n, lbaCount: 128 }), 2000n), 1, 0x83);
    expectStatus(await ns.copy(qpair, [{ slba: 0n, lbaCount: 8 }], 32_764n), 0, 0x80);
    expectStatus(await ns.writeUncorrectable(qpair, 300n, 1));
    expectStatus(await ns.copy(qpair, [{ slba: 300n, lbaCount: 1 }], 400n), 2, 0x81);
  }));

test("what is deallocated is an error where the host wants one, what was zeroed is not", () =>
  withDrive({}, async ({ controller, ns, qpair }) => {
    expectStatus(await controller.setFeature(5, 1 << 16, { nsid: 1 }));
    const read = async (lba: bigint) => statusText(await ns.read(qpair, lba, new Uint8Array(512)));
    expect(await read(7n)).toBe("02/87");
    expectStatus(await ns.writeZeroes(qpair, 7n, 1));
    expect(await read(7n)).toBe("00/00");
    expectStatus(await ns.writeZeroes(qpair, 7n, 1, { deallocate: true }));
    expect(await read(7n)).toBe("02/87");
  }));
