/** Namespaces that keep protection information, and such as come and go (X16, X17: beyond the table of behaviours). */
import {
  type Controller,
  expectStatus,
  findLbaFormat,
  formatNamespace,
  guardCrc64,
  type Namespace,
  type ProtectionOptions,
  protectionTuple,
  setExtendedFormats,
} from "../../src";
import { behaviour, isQemu } from "./behaviour";
import { filled, firstBytes } from "./sectors";

const MIB = 1n << 20n;
const on = ["model", "spdk-pcie"] as const;
const NAMESPACES = [
  { capacityBytes: 8n * MIB, lbaBytes: 512 as const },
  { capacityBytes: 8n * MIB, lbaBytes: 512 as const, metadataBytes: 8 as const, protection: 1 as const },
  { capacityBytes: 8n * MIB, lbaBytes: 512 as const, attached: false },
];
const ALLOCATED_LIST = 0x10;

async function protectedNamespace(controller: Controller): Promise<Namespace | null> {
  for (const nsid of await controller.activeNamespaces()) {
    const ns = await controller.namespace(nsid);
    if (ns.identity.protection?.type === 1 && ns.identity.metadataBytes === 8) return ns;
  }
  return null;
}

behaviour(
  "X16",
  "the drive makes tuples of protection information and checks them: a wrong guard is 02/82, a wrong reference 02/84",
  { on, spec: { capacityBytes: 32n * MIB, namespaces: NAMESPACES } },
  async ({ controller, qpair, skip }) => {
    const ns = (await protectedNamespace(controller)) ?? skip("no namespace of the drive has protection information");
    const data = filled({ ns }, 2, 7);
    const check = ["guard", "reference"] as ("guard" | "reference")[];
    expectStatus(await ns.write(qpair, 7n, data));
    expectStatus(await ns.read(qpair, 7n, data.fill(0), { protection: { action: true, check } }));
    expect([data[0], data.at(-1)]).toEqual([7, 7]);
    const metadata = new Uint8Array(16);
    const protection = { action: false };
    expectStatus(await ns.read(qpair, 7n, data, { metadata, protection }));
    const view = new DataView(metadata.buffer);
    expect([view.getUint32(4), view.getUint32(12)]).toEqual([7, 8]);

    const tuple = { guard: view.getUint16(0), applicationTag: 0, referenceTag: 7 };
    const read = (tag: "guard" | "reference") =>
      ns.read(qpair, 7n, data, { protection: { action: true, check: [tag] } });
    metadata.set(protectionTuple({ ...tuple, guard: tuple.guard ^ 1 }));
    const refused = { metadata, protection: { action: false, check: ["guard"] as "guard"[] } };
    expectStatus(await ns.write(qpair, 7n, data, refused), 2, 0x82);
    expectStatus(await ns.write(qpair, 7n, data, { metadata, protection }));
    expectStatus(await read("guard"), 2, 0x82);
    expectStatus(await read("reference"));
    metadata.set(protectionTuple({ ...tuple, referenceTag: 9 }));
    expectStatus(await ns.write(qpair, 7n, data, { metadata, protection }));
    expectStatus(await read("guard"));
    expectStatus(await read("reference"), 2, 0x84);
  },
);

behaviour(
  "X16",
  "a guard of 64 bits is made and checked, and only for a host that says that it knows it: else 00/0b",
  { needs: ["format", "extended-formats"] },
  async ({ controller, ns: plain, qpair, skip }) => {
    expectStatus(await setExtendedFormats(controller, true));
    const format = { guardBits: 64, storageTagBits: 0 } as const;
    const lbaFormat = findLbaFormat(plain.identity, 4096, 16, format) ?? skip("no LBA format of 4096+16 bytes has one");
    const { completion, namespace } = await formatNamespace(controller, 1, { lbaFormat, protection: 1 });
    expectStatus(completion);
    const ns = namespace!;
    const data = new Uint8Array(4096).fill(0x5a);
    expectStatus(await ns.write(qpair, 7n, data));
    const metadata = new Uint8Array(16);
    const protection = { check: ["guard", "reference"] as ("guard" | "reference")[] };
    expectStatus(await ns.read(qpair, 7n, data, { metadata, protection }));
    const tuple = { guard: guardCrc64(data), applicationTag: 0, referenceTag: 7n };
    expect([...metadata]).toEqual([...protectionTuple(tuple, format)]);
    const wrong = protectionTuple({ ...tuple, guard: tuple.guard ^ 1n }, format);
    expectStatus(await ns.write(qpair, 7n, data, { metadata: wrong, protection }), 2, 0x82);
    expectStatus(await setExtendedFormats(controller, false));
    expectStatus(await ns.read(qpair, 7n, data), 0, 0x0b);
    expectStatus(await setExtendedFormats(controller, true));
    expectStatus(await ns.read(qpair, 7n, data));
  },
);

behaviour(
  "X16",
  "a verifying worker makes the tuples of its writes and compares those of its reads; a wrong one is found at its LBA",
  { on, spec: { capacityBytes: 32n * MIB, namespaces: NAMESPACES } },
  async (bench) => {
    const { controller, qpair, folder, skip } = bench;
    const ns = (await protectedNamespace(controller)) ?? skip("no namespace of the drive has protection information");
    await ns.openVerifyTable(`${folder}/t.verify`, 5n);
    const { lbaBytes } = ns.identity;
    const byWorker = { check: ["guard", "application", "reference"], applicationTag: 0xa55a } as ProtectionOptions;
    const region = { regionLbas: 64n, verify: true, protection: byWorker, depth: 4, onError: "count" as const };
    const lap = { ...region, sizeBytes: lbaBytes, randomPercent: 0, passes: 1 };
    const good = { end: "done", errors: [], miscompares: 0n };
    expect(await ns.startIoWorker({ ...lap, readPercent: 0 }).result).toMatchObject(good);
    // QEMU's drive writes data and tuples one after the other: a read beside a write may see new data with an old guard.
    const exclusive = isQemu(bench);
    const mixed = {
      ...region,
      exclusive,
      sizeBytes: [lbaBytes, 3 * lbaBytes],
      alignLbas: 1,
      readPercent: 60,
      ioCount: 500,
    };
    expect(await ns.startIoWorker(mixed).result).toMatchObject(good);
    // The drive takes what nobody asks it to compare.
    const metadata = protectionTuple({ guard: 0x1234, applicationTag: 0xa55a, referenceTag: 9 });
    expectStatus(await ns.write(qpair, 9n, filled({ ns }, 1, 7), { metadata, protection: { check: [] } }));
    const unasked = { ...lap, readPercent: 100, protection: { ...byWorker, check: [] } };
    expect(await ns.startIoWorker(unasked).result).toMatchObject({ end: "done", miscompares: 1n });
    const refused = await ns.startIoWorker({ ...lap, readPercent: 100 }).result;
    expect(refused).toMatchObject({ end: "done", errors: [{ sct: 2, sc: 0x82, count: 1 }], checkedLbas: 63n });
  },
);

behaviour(
  "X17",
  "a namespace that is not attached is attached, used and detached again",
  { on, spec: { capacityBytes: 32n * MIB, namespaces: NAMESPACES } },
  async ({ controller, qpair, skip }) => {
    const { completion, data } = await controller.identifyRaw(ALLOCATED_LIST, 0);
    expectStatus(completion);
    const active = await controller.activeNamespaces();
    const allocated = [...new Uint32Array(data.buffer, data.byteOffset, 1024)].filter((nsid) => nsid !== 0);
    const nsid = allocated.find((one) => !active.includes(one)) ?? skip("every namespace of the drive is attached");
    const self = [controller.identity.raw[78]! + 256 * controller.identity.raw[79]!];
    expectStatus(await controller.commands.attachNamespace(nsid, self));
    expect(await controller.activeNamespaces()).toEqual([...active, nsid].sort((a, b) => a - b));
    const ns = await controller.namespace(nsid);
    expectStatus(await ns.write(qpair, 3n, filled({ ns }, 1, 5)));
    expect(await firstBytes({ ns, qpair }, 3n, 1)).toEqual([5]);
    expectStatus(await controller.commands.detachNamespace(nsid, self));
    expect(await controller.activeNamespaces()).toEqual(active);
    const gone = await ns.read(qpair, 3n, filled({ ns }, 1, 0));
    expect([gone.sct, gone.sc]).not.toEqual([0, 0]);
  },
);
