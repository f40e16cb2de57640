/** Protection information with guards of 16, 32 and 64 bits and storage tags (NVM Command Set 1.0, 5.3.1), on the software drive. */
import {
  driver,
  expectStatus,
  findLbaFormat,
  formatNamespace,
  guardCrc,
  guardCrc32,
  guardCrc64,
  guardOf,
  isExtended,
  type ModelNamespaceSpec,
  type Namespace,
  namespacePage,
  type ProtectionCheck,
  protectionTuple,
  readProtectionTuple,
  setExtendedFormats,
  statusText,
  ZonedNamespace,
} from "../src";
import { type Bench, withDrive, worker } from "./bench-drive";
import { GUARDED, type Guarded, guardedName } from "./guarded-layouts";

const MIB = 1n << 20n;
const TAG = 0xbeef;
type Layout = Omit<ModelNamespaceSpec, "capacityBytes">;

const drive = (ns: Layout, body: (bench: Bench) => Promise<void>, more: ModelNamespaceSpec[] = []) =>
  withDrive({ spec: { namespaces: [{ capacityBytes: 8n * MIB, ...ns }, ...more] } }, body);
const filled = (bytes: number, at: (i: number) => number) => Uint8Array.from({ length: bytes }, (_, i) => at(i) & 0xff);
const ramp = (bytes: number) => filled(bytes, (i) => i * 7 + (i >> 8));
const same = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(Buffer.from(b));
const ones = (bits: number) => (1n << BigInt(bits)) - 1n;
/** As many bits as the format has of a tag that has all of them. */
const storageTagOf = (ns: Guarded) => 0xfedc_ba98_7654_3211n & ones(ns.storageTagBits);
const spaceBits = { 16: 32, 32: 80, 64: 48 };
const referenceBits = (ns: Guarded) => spaceBits[ns.guardBits] - ns.storageTagBits;

test.each([
  ["zeroes", () => 0, 0x98f9_4189, 0x6482_d367_eb22_b64en],
  ["ones", () => 255, 0x25c1_fe13, 0xc0dd_ba73_02ec_a3acn],
  ["an ascending pattern", (i: number) => i, 0x9c71_fe32, 0x3e72_9f5f_6750_449cn],
  ["a descending pattern", (i: number) => 255 - i, 0x2149_41a8, 0x9a2d_f64b_8e9e_517en],
])("guards of 4 KiB of %s are those that the specification prints", (_, at, guard32, guard64) => {
  const data = filled(4096, at);
  expect([guardCrc32(data), guardCrc64(data)]).toEqual([guard32, guard64]);
  expect(guardOf(data, { guardBits: 32 })).toBe(guard32);
  expect(guardOf(data, { guardBits: 64 })).toBe(guard64);
  expect(guardOf(data)).toBe(guardCrc(data));
});

test.each(GUARDED.map((ns) => [guardedName(ns), ns] as const))("a tuple tells what it was made of: %s", (_, ns) => {
  const number = (bits: number, value: bigint) => (bits <= 32 ? Number(value & ones(bits)) : value & ones(bits));
  const tuple = {
    guard: number(ns.guardBits, 0x0102_0304_0506_0708n),
    applicationTag: TAG,
    referenceTag: number(referenceBits(ns), 0x1122_3344_5566_7788n),
    storageTag: number(ns.storageTagBits, 0x99aa_bbcc_ddee_ff01n),
  };
  const bytes = protectionTuple(tuple, ns);
  expect(bytes.byteLength).toBe(ns.guardBits === 16 ? 8 : 16);
  expect(readProtectionTuple(bytes, { guardBits: ns.guardBits, storageTagBits: ns.storageTagBits })).toEqual(tuple);
  expect(() => protectionTuple({ ...tuple, referenceTag: 1n << BigInt(referenceBits(ns)) }, ns)).toThrow(
    "tuple.referenceTag",
  );
  expect(() => protectionTuple({ ...tuple, storageTag: 1n << BigInt(ns.storageTagBits) }, ns)).toThrow(
    "tuple.storageTag",
  );
});

describe.each(GUARDED.map((ns) => [guardedName(ns), ns] as const))("a namespace with %s", (_, ns) => {
  const { lbaBytes, metadataBytes } = ns;
  const tupleBytes = ns.guardBits === 16 ? 8 : 16;
  const hasStorage = ns.storageTagBits > 0;
  const hasReference = referenceBits(ns) > 0;
  const storageTag = storageTagOf(ns);
  const referenceTag = (protection: number, lba: number) =>
    (protection === 3 ? 0x1234_5678_9abc_def0n : BigInt(lba)) & ones(referenceBits(ns));
  const checks = (protection: number): ProtectionCheck[] => [
    "guard",
    "application",
    ...(hasStorage ? (["storage"] as const) : []),
    ...(protection === 3 ? [] : (["reference"] as const)),
  ];
  const asked = (protection: number, lba: number) => ({
    check: checks(protection),
    applicationTag: TAG,
    referenceTag: referenceTag(protection, lba),
    ...(hasStorage && { storageTag }),
  });
  /** Metadata of sectors from `lba` on, with other bytes beside the tuples, which are last. */
  const metadataOf = (data: Uint8Array, protection: number, lba: number, change: object = {}) => {
    const metadata = new Uint8Array((data.byteLength / lbaBytes) * metadataBytes).fill(0x33);
    for (let i = 0; i < data.byteLength / lbaBytes; i++) {
      const own = metadata.subarray(i * metadataBytes, (i + 1) * metadataBytes);
      const sector = data.subarray(i * lbaBytes, (i + 1) * lbaBytes);
      const guard = guardOf(Buffer.concat([sector, own.subarray(0, metadataBytes - tupleBytes)]), ns);
      const tags = {
        applicationTag: TAG,
        referenceTag: referenceTag(protection, protection === 3 ? 0 : lba + i),
        storageTag,
      };
      own.set(protectionTuple({ guard, ...tags, ...change }, ns), metadataBytes - tupleBytes);
    }
    return metadata;
  };

  test("says what its tuples look like", () =>
    drive({ ...ns, protection: 1 }, async ({ ns: namespace }) => {
      const { guardBits, storageTagBits } = ns;
      const protection = { type: 1, first: false, guardBits, storageTagBits, storageMask: ones(storageTagBits) };
      expect(namespace.identity).toMatchObject({ lbaBytes, metadataBytes, protection });
      expect(isExtended(namespace.identity)).toBe(guardBits !== 16 || storageTagBits !== 0);
    }));

  test.each([1, 2, 3] as const)("is checked on its way in, out, by verify and compare: type %i", (protection) =>
    drive({ ...ns, protection }, async ({ ns: namespace, qpair }) => {
      const data = ramp(3 * lbaBytes);
      const right = metadataOf(data, protection, 9);
      const options = { protection: asked(protection, 9) };
      const write = async (change: object) => {
        const metadata = metadataOf(data, protection, 9, change);
        return statusText(await namespace.write(qpair, 9n, data, { metadata, ...options }));
      };
      expect(await write({})).toBe("00/00");
      expect(await write({ guard: 1 })).toBe("02/82");
      expect(await write({ applicationTag: 1 })).toBe("02/83");
      if (hasStorage) expect(await write({ storageTag: storageTag ^ 1n })).toBe("02/88");
      if (hasReference) expect(await write({ referenceTag: 7 })).toBe(protection === 3 ? "00/00" : "02/84");
      expect(await write({ applicationTag: 0xffff, guard: 1, referenceTag: ones(referenceBits(ns)) })).toBe("00/00");
      expect(await write({})).toBe("00/00");

      const read = new Uint8Array(data.byteLength);
      const metadata = new Uint8Array(right.byteLength);
      expectStatus(await namespace.read(qpair, 9n, read, { metadata, ...options }));
      expect([same(read, data), same(metadata, right)]).toEqual([true, true]);
      expectStatus(await namespace.verifyLbas(qpair, 9n, 3, options));
      expectStatus(await namespace.compare(qpair, 9n, data, { metadata, ...options }));
      const sent = metadataOf(data, protection, 9, { guard: 1 });
      expectStatus(await namespace.compare(qpair, 9n, data, { metadata: sent, ...options }), 2, 0x82);
      const others = { ...options.protection, ...(hasStorage && { storageTag: storageTag ^ 1n }) };
      const status = [2, hasStorage ? 0x88 : 0] as const;
      const expected = hasStorage ? status : ([0, 0] as const);
      expectStatus(await namespace.read(qpair, 9n, read, { metadata, protection: others }), ...expected);
      expectStatus(await namespace.verifyLbas(qpair, 9n, 3, { protection: others }), ...expected);
      // What was never written has tags of all ones, which nobody compares.
      expectStatus(await namespace.read(qpair, 300n, read, { metadata, protection: asked(protection, 300) }));
      const tuple = metadata.subarray(metadataBytes - tupleBytes, metadataBytes);
      expect(tuple.every((byte) => byte === 0xff)).toBe(true);
    }),
  );

  test.each([1, 2, 3] as const)("has its tuples made and taken off by the drive: type %i", (protection) =>
    drive({ ...ns, protection, extendedLba: true }, async ({ ns: namespace, qpair }) => {
      const inside = metadataBytes === tupleBytes;
      const stride = inside ? lbaBytes : lbaBytes + metadataBytes;
      const given = ramp(2 * stride);
      const tags = asked(protection, 9);
      expectStatus(await namespace.write(qpair, 9n, given, { protection: { ...tags, check: [], action: true } }));
      const read = new Uint8Array(2 * stride);
      expectStatus(await namespace.read(qpair, 9n, read, { protection: { ...tags, action: true } }));
      for (let i = 0; i < 2; i++)
        expect(
          same(read.subarray(i * stride, i * stride + lbaBytes), given.subarray(i * stride, i * stride + lbaBytes)),
        ).toBe(true);
      const whole = new Uint8Array(lbaBytes + metadataBytes);
      expectStatus(await namespace.read(qpair, 10n, whole, { protection: {} }));
      const covered = whole.subarray(0, whole.byteLength - tupleBytes);
      const reference = referenceTag(protection, protection === 3 ? 0 : 10);
      const made = { guard: guardOf(covered, ns), applicationTag: TAG, referenceTag: reference, storageTag };
      expect(Buffer.from(whole.subarray(whole.byteLength - tupleBytes))).toEqual(
        Buffer.from(protectionTuple(made, ns)),
      );
      expectStatus(
        await namespace.writeZeroes(qpair, 10n, 1, {
          protection: { ...asked(protection, 10), check: [], action: true },
        }),
      );
      expectStatus(await namespace.verifyLbas(qpair, 10n, 1, { protection: asked(protection, 10) }));
    }),
  );

  test.each([1, 2, 3] as const)("is copied with tuples that are made anew, or as they are: type %i", (protection) =>
    drive({ ...ns, protection }, async ({ ns: namespace, qpair, folder }) => {
      await namespace.openVerifyTable(`${folder}/copy.verify`, 1n);
      const data = ramp(4 * lbaBytes);
      const all = { protection: asked(protection, 9) };
      expectStatus(await namespace.write(qpair, 9n, data, { metadata: metadataOf(data, protection, 9), ...all }));
      const sourceTags = { ...asked(protection, 9), check: undefined };
      const { check: _, ...tags } = sourceTags;
      const source = { slba: 9n, lbaCount: 4, ...tags };
      const made = { ...asked(protection, 40), check: [], action: true };
      expectStatus(await namespace.copy(qpair, [source], 40n, { protection: made, check: checks(protection) }));
      expectStatus(await namespace.verifyLbas(qpair, 40n, 4, { protection: asked(protection, 40) }));
      // As they are they name the LBAs that they come from: of type 1 that is wrong only where somebody looks.
      expectStatus(
        await namespace.copy(qpair, [source], 80n, {
          protection: { ...tags, referenceTag: undefined },
          check: checks(protection),
        }),
      );
      const metadata = new Uint8Array(4 * metadataBytes);
      expectStatus(
        await namespace.read(qpair, 80n, new Uint8Array(data.byteLength), {
          metadata,
          protection: { check: ["guard"] },
        }),
      );
      expect(same(metadata, metadataOf(data, protection, 9))).toBe(true);
      const wrong = { ...source, applicationTag: 1 };
      expectStatus(await namespace.copy(qpair, [wrong], 40n, { protection: made, check: ["application"] }), 2, 0x83);
      if (hasStorage) {
        const other = { ...source, storageTag: storageTag ^ 1n };
        expectStatus(await namespace.copy(qpair, [other], 40n, { protection: made, check: ["storage"] }), 2, 0x88);
      }
      const foreign = ns.guardBits === 16 ? 1 : 0;
      expectStatus(
        await namespace.copy(qpair, [source], 40n, { protection: made, descriptorFormat: foreign }),
        0,
        0x0b,
      );
      // One action (of what is read) without the other.
      const format = ns.guardBits === 16 ? 0 : 1;
      const alone = { opcode: 0x19, cdw10: 300, cdw12: (1 << 15) | (format << 8) };
      expectStatus(await namespace.io(qpair, alone, new Uint8Array(40), "to-device"), 0, 2);
      const swept = await namespace.verify({ rule: "exact", regionStartLba: 0n, regionLbas: 200n, written: true });
      expect(swept).toMatchObject({ violations: 0n, checkedLbas: 12n });
    }),
  );
});

const EXTENDED = GUARDED.filter((ns) => ns.guardBits !== 16 || ns.storageTagBits !== 0);

test.each(EXTENDED.map((ns) => [guardedName(ns), ns] as const))(
  "a host that does not know the format has no business with the data: %s",
  (_, layout) =>
    drive({ ...layout, protection: 2 }, async ({ controller, ns, qpair }) => {
      const data = new Uint8Array(layout.lbaBytes);
      const metadata = new Uint8Array(layout.metadataBytes);
      const commands = {
        read: () => ns.read(qpair, 1n, data, { metadata, protection: {} }),
        write: () => ns.write(qpair, 1n, data, { metadata, protection: {} }),
        compare: () => ns.compare(qpair, 1n, data, { metadata, protection: {} }),
        verify: () => ns.verifyLbas(qpair, 1n, 1),
        zeroes: () => ns.writeZeroes(qpair, 1n, 1),
        deallocate: () => ns.deallocate(qpair, [{ slba: 1n, lbaCount: 1 }]),
        uncorrectable: () => ns.writeUncorrectable(qpair, 40n, 1),
        copy: () => ns.copy(qpair, [{ slba: 1n, lbaCount: 1 }], 2n),
      };
      const statuses = async () => {
        const said: Record<string, string> = {};
        for (const [name, send] of Object.entries(commands)) said[name] = statusText(await send());
        return said;
      };
      const all = (status: string) => Object.fromEntries(Object.keys(commands).map((name) => [name, status]));
      expect(await statuses()).toEqual(all("00/00"));
      expectStatus(await setExtendedFormats(controller, false));
      expect(await statuses()).toEqual(all("00/0b"));
      expectStatus(await ns.flush(qpair));
      const lbaFormat = findLbaFormat(ns.identity, layout.lbaBytes, layout.metadataBytes, layout)!;
      expectStatus(await controller.format(1, { lbaFormat }), 0, 0x0b);
      expectStatus(await controller.format(1, { lbaFormat: 0 }), 0, 0x0b);
      // A reset forgets what the host has said; the driver says it again for a namespace that somebody has opened.
      await controller.reset();
      expect(await statuses()).toEqual(all("00/00"));
      expectStatus(await controller.format(1, { lbaFormat: 0 }));
    }),
);

test("extended formats are known to hosts that say so, and only they see more than sixteen", () =>
  withDrive({}, async ({ controller, ns }) => {
    expect(controller.identity.raw[97]! & 0x80).toBe(0x80);
    expect(ns.identity.lbaFormats).toHaveLength(15);
    const wide = findLbaFormat(ns.identity, 4096, 16, { guardBits: 64, storageTagBits: 0 })!;
    const tagged = findLbaFormat(ns.identity, 512, 8, { storageTagBits: 16 })!;
    expectStatus(await controller.format(1, { lbaFormat: wide, protection: 1 }), 0, 0x0b);
    expectStatus(await controller.format(1, { lbaFormat: tagged }), 0, 0x0b);
    expectStatus(await controller.format(1, { lbaFormat: 15 }), 1, 0x0a);
    // LBAFU is not looked at.
    expectStatus(await controller.format(1, { lbaFormat: 16 }));
    expectStatus(await setExtendedFormats(controller, true));
    const known = await controller.namespace(1);
    expect(known.identity.lbaFormats).toHaveLength(18);
    expectStatus(await controller.format(1, { lbaFormat: 18 }), 1, 0x0a);
    // A storage tag comes with a namespace, not with a format.
    expectStatus(await controller.format(1, { lbaFormat: tagged }), 0, 0x0b);
    const { namespace } = await formatNamespace(controller, 1, { lbaFormat: wide, protection: 1 });
    expect(namespace!.identity).toMatchObject({
      lbaBytes: 4096,
      metadataBytes: 16,
      protection: { type: 1, guardBits: 64 },
    });
    expectStatus(await controller.format(1, { lbaFormat: wide, protection: 1 }));
    expectStatus(await controller.format(1, { lbaFormat: 0 }));
    const bad = new Uint8Array(512);
    bad[2] = 2;
    expectStatus(await controller.setFeature(0x16, 0, { data: bad }), 0, 2);
  }));

test("a namespace is created with a storage tag and a mask of what is compared of it", () =>
  withDrive(
    { spec: { capacityBytes: 16n * MIB, namespaces: [{ capacityBytes: 4n * MIB, lbaBytes: 512 }] } },
    async ({ controller, ns, qpair }) => {
      const admin = controller.commands;
      const lbaFormat = findLbaFormat(ns.identity, 4096, 16, { guardBits: 32, storageTagBits: 32 })!;
      const wanted = { lbaCount: 256n, lbaFormat, protection: 2, storageMask: 0xffff_00ffn };
      expectStatus(await admin.createNamespace(namespacePage(wanted)), 0, 0x0b);
      expectStatus(await setExtendedFormats(controller, true));
      const created = await admin.createNamespace(namespacePage(wanted));
      expectStatus(created);
      const nsid = created.cdw0;
      expectStatus(await admin.attachNamespace(nsid, [0]));
      const made = await controller.namespace(nsid);
      expect(made.identity.protection).toEqual({
        type: 2,
        first: false,
        guardBits: 32,
        storageTagBits: 32,
        storageMask: 0xffff_00ffn,
      });
      const data = ramp(4096);
      const tags = { storageTag: 0x1234_5678 };
      expectStatus(await made.write(qpair, 1n, data, { protection: { action: true, ...tags } }));
      const verify = (storageTag: number) =>
        made.verifyLbas(qpair, 1n, 1, { protection: { check: ["storage"], storageTag } }).then(statusText);
      expect([await verify(0x1234_5678), await verify(0x1234_ab78)]).toEqual(["00/00", "00/00"]);
      expect([await verify(0x1234_5679), await verify(0x0234_5678)]).toEqual(["02/88", "02/88"]);
      // As it is it can be formatted, with another protection too; to another format with a storage tag it cannot.
      expectStatus(await controller.format(nsid, { lbaFormat, protection: 1 }));
      const other = findLbaFormat(made.identity, 4096, 16, { guardBits: 64, storageTagBits: 18 })!;
      expectStatus(await controller.format(nsid, { lbaFormat: other, protection: 1 }), 0, 0x0b);
    },
  ));

test.each([
  [1, { remap: false }, "01/81"],
  [1, {}, "00/00"],
  [2, { remap: false }, "00/00"],
  [2, {}, "00/00"],
  [3, { remap: true }, "01/81"],
  [3, {}, "00/00"],
] as const)(
  "an append on protection of type %i with %j ends with %s, and its tags are those of where it lands",
  (protection, remap, status) =>
    drive(
      {
        lbaBytes: 4096,
        metadataBytes: 16,
        guardBits: 64,
        storageTagBits: 18,
        protection,
        zoned: { zoneBytes: 1n * MIB },
      },
      async ({ controller, ns, qpair }) => {
        const zns = await ZonedNamespace.of(controller, ns);
        const format = { guardBits: 64 as const, storageTagBits: 18 };
        const referenceTag = protection === 3 ? 99n : 256n;
        const tags = { applicationTag: TAG, storageTag: 5n, referenceTag };
        for (const byHost of [false, true]) {
          for (let n = 0; n < 2; n++) {
            const data = ramp(8192);
            const check: ProtectionCheck[] = protection === 3 ? ["guard"] : ["guard", "reference", "storage"];
            const metadata = Buffer.concat(
              [0, 1].map((i) => {
                const guard = guardCrc64(data.subarray(i * 4096, (i + 1) * 4096));
                return protectionTuple(
                  { guard, ...tags, referenceTag: referenceTag + (protection === 3 ? 0n : BigInt(i)) },
                  format,
                );
              }),
            );
            const more = byHost
              ? { metadata, protection: { check, ...tags } }
              : { protection: { action: true, ...tags } };
            const { completion, lba } = await zns.append(qpair, 256n, data, { ...more, ...remap });
            expect(statusText(completion)).toBe(status);
            if (lba === null) continue;
            const beside = new Uint8Array(32);
            expectStatus(await ns.read(qpair, lba, data, { metadata: beside, protection: { check: ["guard"] } }));
            const lands = protection === 3 ? 99n : "remap" in remap ? 256n : lba;
            const second = protection === 3 ? lands : lands + 1n;
            expect(readProtectionTuple(beside.subarray(0, 16), format)).toMatchObject({
              referenceTag: Number(lands),
              storageTag: 5,
            });
            expect(readProtectionTuple(beside.subarray(16), format)).toMatchObject({ referenceTag: Number(second) });
          }
        }
      },
    ),
);

test("what a format has no place for is refused in words", () =>
  drive(
    { lbaBytes: 4096, metadataBytes: 16, guardBits: 64, storageTagBits: 18, protection: 2 },
    async ({ controller, ns, qpair }) => {
      const verify = (protection: object) => () => ns.verifyLbas(qpair, 0n, 1, { protection });
      await expect(verify({ storageTag: 1 << 18 })()).rejects.toThrow("protection.storageTag is 262144");
      await expect(verify({ storageTag: -1n })()).rejects.toThrow("protection.storageTag is -1");
      await expect(verify({ referenceTag: 1n << 30n })()).rejects.toThrow("protection.referenceTag is 1073741824");
      await expect(verify({ referenceTag: 0.5 })()).rejects.toThrow("protection.referenceTag is 0.5");
      await expect(verify({ storageMask: 1n })()).rejects.toThrow("protection.storageMask is for workers");
      const copy = (options: object, source: object = {}) =>
        ns.copy(qpair, [{ slba: 0n, lbaCount: 1, ...source }], 9n, options);
      await expect(copy({ descriptorFormat: 2 })).rejects.toThrow("flags.descriptorFormat is 2");
      await expect(copy({}, { storageTag: 1 << 18 })).rejects.toThrow("sources[0].storageTag is 262144");
      const plain: Namespace = await controller.namespace(2);
      const check: ProtectionCheck[] = ["storage"];
      await expect(plain.verifyLbas(qpair, 0n, 1, { protection: { check } })).rejects.toThrow("has no storage tag");
      expect(() =>
        ns.startIoWorker(worker({ ioCount: 1, regionLbas: 64n, protection: { storageMask: 1 << 18 } })),
      ).toThrow("protection.storageMask is 262144");
      await expect(
        driver.createModelDrive("/nowhere", {
          model: "M",
          serial: "S",
          firmware: "1",
          capacityBytes: MIB,
          lbaBytes: 512,
          seed: 1n,
          volatileCache: false,
          namespaces: [{ capacityBytes: MIB, lbaBytes: 512, metadataBytes: 8, guardBits: 64 }],
        }),
      ).rejects.toThrow("a guard of 64 bits");
    },
    [{ capacityBytes: 4n * MIB, lbaBytes: 512, metadataBytes: 8, protection: 1 }],
  ));
