/** Workers that make protection information themselves (PRACT 0), and compare what comes back. */
import { expectStatus, guardCrc, guardOf, type ModelNamespaceSpec, protectionTuple } from "../src";
import { type Bench, withDrive, worker } from "./bench-drive";
import { GUARDED, guardedName } from "./guarded-layouts";

const MIB = 1n << 20n;
const LBAS = 512n;
const TAG = 0xbeef;
type Layout = Omit<ModelNamespaceSpec, "capacityBytes">;

const drive = (ns: Layout, body: (bench: Bench) => Promise<void>) =>
  withDrive({ spec: { namespaces: [{ capacityBytes: 16n * MIB, ...ns }] } }, body);
const checks = (type: number | undefined) =>
  type === 3 ? (["guard", "application"] as const) : (["guard", "application", "reference"] as const);
const storageTagOf = (ns: Layout) => 0x9876_5432_10fe_dcb1n & ((1n << BigInt(ns.storageTagBits ?? 0)) - 1n);
const spaceBits = { 16: 32, 32: 80, 64: 48 };
/** As many bits as the format has of a tag that needs all of them. */
const reference = (ns: Layout, tag: bigint) =>
  tag & ((1n << BigInt(spaceBits[ns.guardBits ?? 16] - (ns.storageTagBits ?? 0))) - 1n);
const byHost = (ns: Layout) => ({
  check: [...checks(ns.protection), ...(ns.storageTagBits ? (["storage"] as const) : [])],
  applicationTag: TAG,
  ...(ns.storageTagBits && { storageTag: storageTagOf(ns) }),
  ...(ns.protection === 3 && { referenceTag: reference(ns, 0x12345678n) }),
});
const tupleBytes = (ns: Layout) => ((ns.guardBits ?? 16) === 16 ? 8 : 16);
/** What the tuple of a sector must be, made by the other implementation. */
function tupleOf(ns: Layout, lba: bigint, data: Uint8Array, metadata: Uint8Array): Uint8Array {
  const before = ns.protectionFirst === true ? 0 : metadata.byteLength - tupleBytes(ns);
  const format = { guardBits: ns.guardBits, storageTagBits: ns.storageTagBits };
  const guard = guardOf(Buffer.concat([data, metadata.subarray(0, before)]), format);
  const referenceTag = reference(ns, ns.protection === 3 ? 0x12345678n : lba);
  return protectionTuple({ guard, applicationTag: TAG, referenceTag, storageTag: storageTagOf(ns) }, format);
}

const layouts: Layout[] = [1, 2, 3].flatMap((protection) =>
  [false, true].flatMap((extendedLba) => [
    { lbaBytes: 512, metadataBytes: 8, protection: protection as 1 | 2 | 3, extendedLba },
    { lbaBytes: 4096, metadataBytes: 64, protection: protection as 1 | 2 | 3, extendedLba },
    { lbaBytes: 4096, metadataBytes: 64, protection: protection as 1 | 2 | 3, extendedLba, protectionFirst: true },
  ]),
);
const guarded: Layout[] = GUARDED.flatMap((ns, i) => [
  { ...ns, protection: 1 as const, extendedLba: i % 2 === 0, protectionFirst: i % 3 === 0 },
  { ...ns, protection: (2 + (i % 2)) as 2 | 3, extendedLba: i % 2 !== 0, protectionFirst: i % 3 !== 0 },
]);
const named = [...layouts, ...guarded].map((ns) => ({
  ns,
  name: `${ns.lbaBytes}+${ns.metadataBytes} bytes, type ${ns.protection}, ${ns.extendedLba ? "between the sectors" : "apart"}${ns.protectionFirst ? ", tuple first" : ""}, a guard of ${ns.guardBits ?? 16} bits, a storage tag of ${ns.storageTagBits ?? 0}`,
}));

test.each(named)("every command of a verifying worker carries tuples that are right: $name", ({ ns }) =>
  drive(ns, async ({ ns: namespace, qpair, folder }) => {
    const { lbaBytes, metadataBytes } = { lbaBytes: ns.lbaBytes!, metadataBytes: ns.metadataBytes! };
    await namespace.openVerifyTable(`${folder}/t.verify`, 1n);
    const options = {
      regionLbas: LBAS,
      sizeBytes: [lbaBytes, 2 * lbaBytes, 7 * lbaBytes],
      alignLbas: 1,
      verify: true,
      protection: byHost(ns),
    };
    const fill = worker({ ...options, sizeBytes: lbaBytes, randomPercent: 0, readPercent: 0, passes: 1 });
    expect(await namespace.startIoWorker(fill).result).toMatchObject({ end: "done", errors: [] });
    const { readPercent: _, ...mixed } = worker({ ...options, ioCount: 1_500 });
    const operations = { read: 40, write: 30, compare: 10, verify: 10, writeZeroes: 10 };
    const result = await namespace.startIoWorker({ ...mixed, operations }).result;
    expect(result).toMatchObject({ end: "done", errors: [], miscompares: 0n });
    expect(result.checkedLbas).toBeGreaterThan(100n);

    const layout = ns.extendedLba === true ? lbaBytes + metadataBytes : lbaBytes;
    for (let lba = 0n; lba < LBAS; lba += 37n) {
      const data = new Uint8Array(layout);
      const beside = new Uint8Array(metadataBytes);
      const transfer = { protection: byHost(ns), ...(ns.extendedLba !== true && { metadata: beside }) };
      expectStatus(await namespace.read(qpair, lba, data, transfer));
      const metadata = ns.extendedLba === true ? data.subarray(lbaBytes) : beside;
      const at = ns.protectionFirst === true ? 0 : metadataBytes - tupleBytes(ns);
      const tuple = tupleOf(ns, lba, data.subarray(0, lbaBytes), metadata);
      expect({ lba, tuple: Buffer.from(metadata.subarray(at, at + tupleBytes(ns))) }).toEqual({
        lba,
        tuple: Buffer.from(tuple),
      });
    }
    const all = { rule: "exact" as const, regionStartLba: 0n, regionLbas: LBAS, written: true };
    expect(await namespace.verify(all)).toMatchObject({ violations: 0n, checkedLbas: LBAS, coveragePercent: 100 });
  }),
);

const plain: Layout = { lbaBytes: 512, metadataBytes: 8 };
const tagged = GUARDED.filter((ns) => ns.storageTagBits > 0 && spaceBits[ns.guardBits] > ns.storageTagBits);
const wrongIn: [string, Layout][] = [
  ["apart", { ...plain, protection: 1 }],
  ["between the sectors", { ...plain, protection: 1, extendedLba: true }],
  ...tagged.map((ns, i): [string, Layout] => [
    guardedName(ns),
    { ...ns, protection: ((i % 2) + 1) as 1 | 2, extendedLba: i % 2 === 0, protectionFirst: true },
  ]),
];

describe.each(wrongIn)("a tuple that is wrong: %s", (_name, ns) => {
  const extendedLba = ns.extendedLba === true;
  const { lbaBytes, metadataBytes } = { lbaBytes: ns.lbaBytes!, metadataBytes: ns.metadataBytes! };
  const format = { guardBits: ns.guardBits, storageTagBits: ns.storageTagBits };
  const storageTag = storageTagOf(ns);
  const wrong: ["guard" | "application" | "reference" | "storage", object][] = [
    ["guard", { guard: 0x1111 }],
    ["application", { applicationTag: 7 }],
    ["reference", { referenceTag: 5 }],
    ...(ns.storageTagBits ? [["storage", { storageTag: storageTag ^ 1n }] as ["storage", object]] : []),
  ];
  const all = wrong.map(([part]) => part);
  /** Writes LBA 77 with a tuple of which one part is wrong, and reads all around it. */
  const read = (change: object, protection: object, body: (found: unknown) => void, verify = true) =>
    drive(ns, async ({ ns: namespace, qpair, folder }) => {
      if (verify) await namespace.openVerifyTable(`${folder}/t.verify`, 1n);
      const data = new Uint8Array(lbaBytes).fill(0x5a);
      const right = { guard: guardOf(data, format), applicationTag: TAG, referenceTag: reference(ns, 77n), storageTag };
      const tuple = protectionTuple({ ...right, ...change }, format);
      const metadata = Buffer.concat([tuple, new Uint8Array(metadataBytes - tuple.byteLength)]);
      const sent = extendedLba ? Buffer.concat([data, metadata]) : data;
      const transfer = { protection: { check: [] }, ...(!extendedLba && { metadata }) };
      expectStatus(await namespace.write(qpair, 77n, sent, transfer));
      const sizes = { sizeBytes: 4 * lbaBytes, randomPercent: 0, readPercent: 100 };
      const options = { regionStartLba: 70n, regionLbas: 16n, ...sizes };
      const tags = { applicationTag: TAG, ...(ns.storageTagBits && { storageTag }) };
      const handle = namespace.startIoWorker(
        worker({ ...options, passes: 1, verify, onError: "count", protection: { ...tags, ...protection } }),
      );
      const miscompares = [];
      for await (const event of handle) if (event.type === "miscompare") miscompares.push(event.miscompare);
      body({
        miscompares,
        result: await handle.result,
        right: Buffer.from(protectionTuple(right, format)).toString("hex"),
        tuple,
      });
    });

  test.each(wrong)("is found by the worker when the drive compares nothing: %s", async (_, change) => {
    for (const verify of [true, false])
      await read(
        change,
        { check: [] },
        (found) => {
          expect(found).toMatchObject({
            miscompares: [{ lba: 77n, kind: "protection-information" }],
            result: { end: "done", miscompares: 1n, errors: [{ sct: 7, sc: 0x81, count: 1 }] },
          });
          const { miscompares, right, tuple } = found as { miscompares: [object]; right: string; tuple: Uint8Array };
          expect(miscompares[0]).toMatchObject({ expected: right, got: Buffer.from(tuple).toString("hex") });
        },
        verify,
      );
  });

  test.each(wrong)("is refused by the drive that compares it: %s", async (part, change) => {
    const sc = { guard: 0x82, application: 0x83, reference: 0x84, storage: 0x88 }[part];
    const status = { miscompares: [], result: { miscompares: 0n, errors: [{ sct: 2, sc, count: 1 }] } };
    await read(change, { check: all }, (found) => expect(found).toMatchObject(status));
  });

  test("of bits of the application tag that nobody compares is right", () =>
    read({ applicationTag: TAG ^ 0xf0 }, { check: ["application"], applicationMask: 0xff0f }, (found) =>
      expect(found).toMatchObject({ miscompares: [], result: { miscompares: 0n, errors: [] } }),
    ));

  if (ns.storageTagBits)
    test("of bits of the storage tag that nobody compares is right", async () => {
      const right = (found: unknown) =>
        expect(found).toMatchObject({ miscompares: [], result: { miscompares: 0n, errors: [] } });
      await read({ storageTag: storageTag ^ 1n }, { check: ["reference"], storageMask: ~1n & storageTag }, right);
    });

  test("of all ones is not compared", () =>
    read({ applicationTag: 0xffff, guard: 1 }, { check: ["guard", "application"] }, (found) =>
      expect(found).toMatchObject({ miscompares: [], result: { miscompares: 0n, errors: [] } }),
    ));
});

test("the drive makes and compares tuples for a worker that asks for both", () =>
  drive({ lbaBytes: 512, metadataBytes: 8, protection: 1 }, async ({ ns, qpair }) => {
    const asked = { action: true, check: [...checks(1)], applicationTag: TAG };
    const region = { regionLbas: 64n, sizeBytes: 1024, randomPercent: 0, passes: 1 };
    const run = (options: object) => ns.startIoWorker(worker({ ...region, ...options })).result;
    expect(await run({ readPercent: 0, protection: asked })).toMatchObject({ end: "done", errors: [] });
    expect(await run({ readPercent: 100, protection: asked })).toMatchObject({ end: "done", errors: [] });
    const other = { ...asked, applicationTag: 1 };
    const { errors } = await run({ readPercent: 100, protection: other, onError: "count" });
    expect(errors).toMatchObject([{ sct: 2, sc: 0x83, count: 32 }]);
    const data = new Uint8Array(512);
    const metadata = new Uint8Array(8);
    expectStatus(await ns.read(qpair, 9n, data, { metadata, protection: { check: [] } }));
    const tuple = protectionTuple({ guard: guardCrc(data), applicationTag: TAG, referenceTag: 9 });
    expect(Buffer.from(metadata)).toEqual(Buffer.from(tuple));
  }));

test("what no namespace or type has is refused", () =>
  drive({ lbaBytes: 512, metadataBytes: 8, protection: 1 }, async ({ ns }) => {
    const start = (protection: object) => () => ns.startIoWorker(worker({ ioCount: 1, protection }));
    expect(start({ check: ["guard"], referenceTag: 5 })).toThrow("protection.referenceTag is for type 3");
    expect(start({ check: ["stamp"] })).toThrow("protection.check");
    expect(start({ applicationTag: 0x10000 })).toThrow("protection.applicationTag is 65536");
    await withDrive({}, async ({ ns: plain }) => {
      const unprotected = () => plain.startIoWorker(worker({ ioCount: 1, protection: { check: [] } }));
      expect(unprotected).toThrow("has no protection information");
    });
  }));

test("zeroes of a worker that leaves tuples to the drive have some, which another worker finds right", () =>
  drive({ lbaBytes: 512, metadataBytes: 8, protection: 1 }, async ({ ns }) => {
    const { readPercent: _, ...all } = worker({ sizeBytes: 4096, randomPercent: 0, passes: 1, regionLbas: 64n });
    await ns.startIoWorker({ ...all, operations: { writeZeroes: 100 } }).result;
    const reader = ns.startIoWorker({ ...all, readPercent: 100, protection: { check: ["guard", "reference"] } });
    expect(await reader.result).toMatchObject({ end: "done", errors: [], miscompares: 0n });
  }));

test.each<[string, Layout, object]>([
  ["metadata between the sectors", { lbaBytes: 512, metadataBytes: 8, extendedLba: true }, {}],
  [
    "long metadata with tuples of the drive, which nobody knows",
    { lbaBytes: 4096, metadataBytes: 64, extendedLba: true, protection: 1 },
    {},
  ],
  [
    "tuples of its own",
    { lbaBytes: 512, metadataBytes: 8, protection: 1 },
    { protection: { check: ["guard", "reference"] } },
  ],
])("a compare of what the worker wrote, zeroed and deallocated finds it: %s", (_, layout, more) =>
  drive(layout, async ({ ns, folder }) => {
    await ns.openVerifyTable(`${folder}/t.verify`, 1n);
    const operations = { write: 40, compare: 30, writeZeroes: 15, deallocate: 15 };
    const sizes = { sizeBytes: layout.lbaBytes! * 2, alignLbas: 1, regionLbas: 128n };
    const { readPercent: _all, ...all } = worker({ ...sizes, ...more, ioCount: 4_000, verify: true });
    const result = await ns.startIoWorker({ ...all, operations }).result;
    expect(result.errors.filter(({ action }) => action !== "ignore")).toEqual([]);
    expect(result).toMatchObject({ end: "done", miscompares: 0n });
  }),
);
