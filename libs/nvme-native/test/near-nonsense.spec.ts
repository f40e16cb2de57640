/**
 * Calls that are right but for one thing: each argument, and each field of each argument, is replaced by nonsense in turn.
 * All of them end well or with an NvmeError in words; none hangs, none ends the process, and the drive works on.
 */
import { rmSync } from "node:fs";
import * as surface from "../src";
import { driver } from "../src";
import { type Bench, makeDrive, temporaryFolder, withDrive } from "./bench-drive";
import { type RightCall, spoil } from "./near-nonsense";

const MIB = 1n << 20n;
const SPEC = {
  opal: {},
  formatMs: 0,
  capacityBytes: 32n * MIB,
  namespaces: [
    { capacityBytes: 8n * MIB, lbaBytes: 512 as const },
    { capacityBytes: 4n * MIB, lbaBytes: 512 as const, zoned: { zoneBytes: MIB } },
    { capacityBytes: 4n * MIB, lbaBytes: 512 as const, metadataBytes: 8 as const, protection: 1 as const },
  ],
};
const LIMIT_MS = 240_000;
const sector = () => new Uint8Array(512);
const page = () => new Uint8Array(4096);
const byContract = (wrong: unknown) =>
  wrong instanceof surface.StatusExpectationError ||
  wrong instanceof surface.TcgExpectationError ||
  wrong instanceof surface.TcgMalformedError;

type Calls = Record<string, RightCall>;
const right = (given: () => unknown[], call: RightCall["call"]): RightCall => ({ given, call, fine: byContract });

const BITS = { cdw2: 0, cdw3: 0, cdw12: 1 << 20, cdw13: 5, cdw14: 0, cdw15: 0 };
const FLAGS = { fua: true, limitedRetry: true, cdw: BITS };
const RAW = {
  opcode: 0x0a,
  fuse: 0,
  nsid: 0,
  cdw2: 0,
  cdw3: 0,
  cdw10: 7,
  cdw11: 0,
  cdw12: 0,
  cdw13: 0,
  cdw14: 0,
  cdw15: 0,
};

const CONTROLLER = ({ controller }: Bench): Calls => ({
  admin: right(
    () => [{ ...RAW, prp1: 0n, prp2: 0n, mptr: 0n }, page(), "from-device"],
    (command, data, direction) => controller.admin(command, data, direction),
  ),
  readRegister: right(
    () => [0x1c, 4],
    (offset, bytes) => controller.readRegister(offset, bytes),
  ),
  writeRegister: right(
    () => [0x0c, 0n, 4],
    (offset, value, bytes) => controller.writeRegister(offset, value, bytes),
  ),
  getFeature: right(
    () => [7, { nsid: 0, select: 0, cdw11: 0, cdw12: 0, cdw13: 0, cdw14: 0, cdw15: 0, data: page() }],
    (fid, options) => controller.getFeature(fid, options),
  ),
  setFeature: right(
    () => [5, 0, { nsid: 0, save: false, cdw12: 0, cdw13: 0, cdw14: 0, cdw15: 0, data: page() }],
    (fid, cdw11, options) => controller.setFeature(fid, cdw11, options),
  ),
  getLogPage: right(
    () => [2, 512, { nsid: 0xffff_ffff, offset: 0, lsp: 0, lsi: 0, retainEvent: true, uuidIndex: 0, csi: 0 }],
    (lid, bytes, options) => controller.getLogPage(lid, bytes, options),
  ),
  createQpair: right(
    () => [{ depth: 4, priority: 0, interrupts: true, vector: 3 }],
    async (options) => (await controller.createQpair(options)).delete(),
  ),
  createBuffer: right(
    () => [4096, { name: "b", pattern: { randomPercent: 50, seed: 1n, sectorBytes: 512 } }],
    (bytes, options) => controller.createBuffer(bytes, options).dump(),
  ),
  namespace: right(
    () => [1, { apart: true }],
    (nsid, options) => controller.namespace(nsid, options),
  ),
  setTimeoutMs: right(
    () => [2000],
    (ms) => controller.setTimeoutMs(ms),
  ),
  reopen: right(
    () => [{ admit: async () => {} }],
    (options) => controller.reopen(options),
  ),
  cmdlog: right(
    () => [3],
    (count) => controller.cmdlog(count),
  ),
  supports: right(
    () => [2, "io"],
    (opcode, set) => controller.supports(opcode, set),
  ),
});

const COMMANDS = ({ controller: { commands } }: Bench): Calls => ({
  abort: right(
    () => [3, 1],
    (cid, sqid) => commands.abort(cid, sqid),
  ),
  identify: right(
    () => [page(), { cns: 1, nsid: 0, cntid: 0, csi: 0, cnssid: 0 }],
    (data, options) => commands.identify(data, options),
  ),
  downloadFirmware: right(
    () => [page(), { slot: 2, action: 0, pieceBytes: 4096, onProgress: () => {} }],
    (image, options) => commands.downloadFirmware(image, options),
  ),
  firmwareCommit: right(
    () => [{ slot: 2, action: 0, bootPartition: 0 }],
    (options) => commands.firmwareCommit(options),
  ),
  sanitize: right(
    () => [
      "exitFailure",
      { pattern: 1, passes: 1, invertPattern: true, noDeallocate: true, allowUnrestrictedExit: true },
    ],
    (action, options) => commands.sanitize(action, options),
  ),
  createNamespace: right(
    () => [surface.namespacePage({ lbaCount: 1n << 40n, lbaFormat: 0 }), 0],
    (wanted, csi) => commands.createNamespace(wanted, csi),
  ),
  attachNamespace: right(
    () => [1, [0]],
    (nsid, controllers) => commands.attachNamespace(nsid, controllers),
  ),
  directiveSend: right(
    () => [{ nsid: 1, type: 0, operation: 1, specific: 0, cdw12: 0x100, data: page() }],
    (options) => commands.directiveSend(options),
  ),
  securityReceive: right(
    () => [page(), { protocol: 1, specific: 1, nssf: 0, nsid: 0 }],
    (data, options) => commands.securityReceive(data, options),
  ),
  miReceive: right(
    () => [{ opcode: 1, dword0: 0, dword1: 0, messageType: 1 }, page()],
    (message, data) => commands.miReceive(message, data),
  ),
  virtualizationManagement: right(
    () => [{ action: 1, resourceType: 0, controllerId: 0, count: 0 }],
    (options) => commands.virtualizationManagement(options),
  ),
  capacityManagement: right(
    () => [{ operation: 1, element: 0, capacityBytes: 4096 }],
    (options) => commands.capacityManagement(options),
  ),
  getLbaStatus: right(
    () => [page(), { nsid: 1, slba: 0n, lbaCount: 8, action: "tracked" }],
    (data, options) => commands.getLbaStatus(data, options),
  ),
  doorbellBufferConfig: right(
    () => [0n, 0n],
    (shadow, events) => commands.doorbellBufferConfig(shadow, events),
  ),
  lockdown: right(
    () => [{ prohibit: true, scope: 0, identifier: 6, interface: 0, uuidIndex: 0 }],
    (options) => commands.lockdown(options),
  ),
});

const NAMESPACE = ({ ns, qpair, folder }: Bench): Calls => ({
  read: right(
    () => [qpair, 0n, sector(), FLAGS],
    (q, slba, data, flags) => ns.read(q, slba, data, flags),
  ),
  write: right(
    () => [qpair, 0n, sector(), { ...FLAGS, stream: 7 }],
    (q, slba, data, flags) => ns.write(q, slba, data, flags),
  ),
  compareAndWrite: right(
    () => [qpair, 0n, sector(), sector()],
    (q, slba, expected, data) => ns.compareAndWrite(q, slba, expected, data),
  ),
  verifyLbas: right(
    () => [qpair, 0n, 8, FLAGS],
    (q, slba, count, flags) => ns.verifyLbas(q, slba, count, flags),
  ),
  copy: right(
    () => [qpair, [{ slba: 0n, lbaCount: 4 }], 64n, FLAGS],
    (q, sources, to, flags) => ns.copy(q, sources, to, flags),
  ),
  writeZeroes: right(
    () => [qpair, 0n, 8, { ...FLAGS, deallocate: true }],
    (q, slba, count, flags) => ns.writeZeroes(q, slba, count, flags),
  ),
  writeUncorrectable: right(
    () => [qpair, 100n, 8],
    (q, slba, count) => ns.writeUncorrectable(q, slba, count),
  ),
  datasetManagement: right(
    () => [qpair, [{ slba: 0n, lbaCount: 8, attributes: 1 }], { deallocate: true, integralRead: false }],
    (q, ranges, attributes) => ns.datasetManagement(q, ranges, attributes),
  ),
  "datasetManagement of a buffer": right(
    () => [qpair, { data: page(), count: 2 }, { deallocate: false, integralWrite: true }],
    (q, ranges, attributes) => ns.datasetManagement(q, ranges, attributes),
  ),
  io: right(
    () => [qpair, { ...RAW, opcode: 2, nsid: 1, cdw10: 0 }, sector(), "from-device"],
    (q, command, data, direction) => ns.io(q, command, data, direction),
  ),
  openVerifyTable: right(
    () => [`${folder}/t.verify`, 1n, { lbas: 8n, compressPercent: 0 }],
    (path, seed, options) => ns.openVerifyTable(path, seed, options),
  ),
  verify: right(
    () => [{ rule: "exact", regionStartLba: 0n, regionLbas: 8n, written: false, depth: 4 }],
    async (options) => {
      await ns.openVerifyTable(null, 1n);
      return ns.verify(options);
    },
  ),
});

const WORKER = {
  nsid: 1,
  worker: 3,
  randomPercent: 100,
  depth: 4,
  priority: 0,
  polling: "sleep",
  regionStartLba: 0n,
  regionLbas: 1000n,
  alignLbas: [1, 2],
  iops: 100_000,
  timeMs: 50,
  ioCount: 20,
  onError: "count",
  onStatus: [{ sct: 2, sc: 0x81, action: "ignore" }],
  seed: 1n,
  sampleMs: 10,
  histogramMs: 100,
  lastCommands: 4,
};
const WORKERS: Record<string, object> = {
  "of weights": {
    ...WORKER,
    sizeBytes: [
      { bytes: 512, weight: 3 },
      { bytes: 1024, weight: 1 },
    ],
    readPercent: 50,
  },
  "of a range": {
    ...WORKER,
    alignLbas: 1,
    sizeBytes: { fromBytes: 512, toBytes: 2048, stepBytes: 512 },
    pattern: { kind: "random", compressPercent: 50 },
    distribution: Array.from({ length: 100 }, () => 100),
    regionLbas: 16_384n,
  },
  "of steps": {
    ...WORKER,
    sizeBytes: 512,
    alignLbas: 1,
    randomPercent: 0,
    stepLbas: -8,
    startLba: 64n,
    pattern: { kind: "constant", value: 7 },
  },
  "of operations": {
    ...WORKER,
    sizeBytes: [512, 1024],
    operations: [
      { opcode: "read", percent: 50, cdw: { cdw12: 0x4000_0000 } },
      { opcode: 0x99, percent: 30, addressed: false, data: "to-device", dataBytes: 512 },
      { opcode: 0x9a, percent: 20, addressed: true, data: "from-device" },
    ],
  },
  "of a sequence": {
    depth: 2,
    seed: 1n,
    sequence: [
      { atUs: 0, opcode: "write", slba: 0n, lbaCount: 8 },
      { atUs: 10.5, opcode: 2, slba: 8n, lbaCount: 1 },
      { atUs: 11, opcode: "flush" },
    ],
  },
};

const LOADS = ({ ns }: Bench): Calls =>
  Object.fromEntries(
    Object.entries(WORKERS).map(([name, options]) => [
      `a worker ${name}`,
      right(
        () => [structuredClone(options)],
        async (given) => {
          const worker = ns.startIoWorker(given);
          // Without its limit it would never end by itself.
          setTimeout(() => worker.stop(), 50);
          return worker.result;
        },
      ),
    ]),
  );

const ZONES = async ({ controller, qpair }: Bench): Promise<Calls> => {
  const zns = await surface.ZonedNamespace.of(controller, await controller.namespace(2));
  return {
    reportZones: right(
      () => [qpair, { fromLba: 0n, state: "empty", limit: 2, partial: true }],
      (q, options) => zns.reportZones(q, options),
    ),
    append: right(
      () => [qpair, 0n, sector(), { fua: true }],
      (q, lba, data, flags) => zns.append(q, lba, data, flags),
    ),
    act: right(
      () => [qpair, "open", 0n],
      (q, action, lba) => zns.act(q, action, lba),
    ),
  };
};

const PROTECTED = async ({ controller, qpair }: Bench): Promise<Calls> => {
  const ns = await controller.namespace(3);
  const protection = {
    action: false,
    check: ["guard", "application", "reference"],
    referenceTag: 7,
    applicationTag: 1,
    applicationMask: 0,
  };
  return {
    "write with protection": right(
      () => [qpair, 7n, sector(), { metadata: new Uint8Array(8), protection: structuredClone(protection) }],
      (q, slba, data, flags) => ns.write(q, slba, data, flags),
    ),
    "read with protection": right(
      () => [qpair, 7n, sector(), { metadata: new Uint8Array(8), protection: structuredClone(protection) }],
      (q, slba, data, flags) => ns.read(q, slba, data, flags),
    ),
  };
};

const BUS = async ({ controller }: Bench): Promise<Calls> => {
  const pcie = new surface.Pcie(controller);
  const msix = await pcie.msix();
  await msix.enable();
  const device = new surface.BareDevice(controller);
  const cq = device.completionQueue({ qid: 9, entries: 8 });
  const sq = device.submissionQueue({ qid: 9, entries: 8, completionQueue: cq });
  await controller.admin(cq.createCommand());
  await controller.admin(sq.createCommand());
  const io = new surface.BareAdmin(sq);
  const entry = { ...RAW, opcode: 0, nsid: 1, cdw10: 0, cid: 3, psdt: 0, prp1: 0n, prp2: 0n, mptr: 0n };
  return {
    readConfig: right(
      () => [0, 4],
      (offset, bytes) => pcie.readConfig(offset, bytes),
    ),
    setField: right(
      () => [0x3c, 1, 0],
      (offset, bytes, value) => pcie.setField(offset, bytes, value),
    ),
    waitSet: right(
      () => [0, 1],
      (vector, ms) => msix.waitSet(vector, ms),
    ),
    "a completion queue": right(
      () => [{ qid: 20, entries: 4, scattered: false }],
      (options) => device.completionQueue(options).memory.free(),
    ),
    "a submission queue": right(
      () => [{ qid: 21, entries: 4, scattered: true, completionQueue: cq }],
      (options) => device.submissionQueue(options).memory.free(),
    ),
    allocate: right(
      () => [8192, { scattered: true }],
      (bytes, options) => device.allocate(bytes, options).free(),
    ),
    prpList: right(
      () => [[0n, 4096n]],
      (entries) => device.prpList(entries).free(),
    ),
    createCommand: right(
      () => [{ vector: 1, interrupts: true }],
      (options) => cq.createCommand(options),
    ),
    execute: right(
      () => [{ ...entry }, { timeoutMs: 2000 }],
      (given, options) => io.execute(given, options),
    ),
    put: right(
      () => [0, { ...entry }],
      (index, given) => sq.put(index, given),
    ),
    wait: right(
      () => [0, { timeoutMs: 1 }],
      (count, options) => cq.wait(count, options),
    ),
  };
};

const OPAL = async ({ controller }: Bench): Promise<Calls> => {
  const opal = await surface.OpalDrive.of(controller);
  const { session } = await opal.session("admin", null);
  const uid = () => new Uint8Array(8);
  const calls: Calls = {
    "TcgSession.set": right(
      () => [
        uid(),
        [
          [3, uid()],
          [4, 1],
        ],
      ],
      (object, cells) => session!.set(object, cells),
    ),
    "TcgSession.call": right(
      () => [uid(), uid(), [1, uid(), { name: 1, value: [1, 2] }]],
      (object, method, parameters) => session!.call(object, method, parameters),
    ),
    setRange: right(
      () => [{ admin: 1, pin: "x" }, 1, { slba: 0n, lbaCount: 8n, readLockEnabled: true, writeLockEnabled: true }],
      (who, range, options) => opal.setRange(who, range, options),
    ),
    permitUsers: right(
      () => [{ admin: 1, pin: "x" }, 1, [1, 2]],
      (who, range, users) => opal.permitUsers(who, range, users),
    ),
    revert: right(
      () => [{ psid: "x" }],
      (who) => opal.revert(who),
    ),
  };
  return calls;
};

const PURE = async ({ controller, ns, qpair }: Bench): Promise<Calls> => {
  await ns.flush(qpair);
  const [recorded] = qpair.cmdlog(1);
  const worker = ns.startIoWorker({ ioCount: 10, sizeBytes: 512 });
  const result = await worker.result;
  const sample = { interval: 0, intervalMs: 1000, reads: 1, writes: 1, others: 1 };
  return {
    describeCommand: right(() => [structuredClone(recorded)], surface.describeCommand as RightCall["call"]),
    ioPerSecond: right(
      () => [[{ ...sample }, { ...sample, interval: 1 }], 1000],
      surface.ioPerSecond as RightCall["call"],
    ),
    iopsConsistency: right(() => [[1, 2, 3], 99], surface.iopsConsistency as RightCall["call"]),
    latencyPercentiles: right(
      () => [
        [{ histograms: structuredClone(result.histograms), serviceHistograms: structuredClone(result.histograms) }],
        [50, 99],
        { operations: ["read"], from: "actual" },
      ],
      surface.latencyPercentiles as RightCall["call"],
    ),
    expectStatus: right(() => [{ sct: 0, sc: 0, dnr: false }, 0, 0], surface.expectStatus as RightCall["call"]),
    statusField: right(() => [{ sct: 0, sc: 0, dnr: false, more: true }], surface.statusField as RightCall["call"]),
    namespacePage: right(
      () => [{ lbaCount: 8n, lbaFormat: 0, extendedLba: true, protection: 0, protectionFirst: false }],
      surface.namespacePage as RightCall["call"],
    ),
    findLbaFormat: right(
      () => [{ lbaFormats: [{ lbaBytes: 512, metadataBytes: 0 }] }, 512, 0],
      surface.findLbaFormat as RightCall["call"],
    ),
    protectionTuple: right(
      () => [{ guard: 1, applicationTag: 2, referenceTag: 3 }],
      surface.protectionTuple as RightCall["call"],
    ),
    encodeSubmission: right(
      () => [{ ...RAW, cid: 1, psdt: 0, prp1: 0n, prp2: 0n, mptr: 0n }],
      surface.encodeSubmission as RightCall["call"],
    ),
    hostMemoryWish: right(() => [{ identity: { raw: page() } }], surface.hostMemoryWish as RightCall["call"]),
    cellsOf: right(() => [[[{ name: 1, value: 2 }]]], surface.cellsOf as RightCall["call"]),
    "new Tcp": right(
      () => ["127.0.0.1", { port: 4420, nqn: "nqn.x", hostNqn: "nqn.y", headerDigest: true, dataDigest: true }],
      (address, options) => new surface.Tcp(address, options),
    ),
    "Completions.wait": right(
      () => [0, { timeoutMs: 5 }],
      (expected, options) => new surface.Completions().wait(expected, options),
    ),
    "Subsystem.shutdownNotify": right(
      () => [{ abrupt: true }],
      (options) => new surface.Subsystem(controller).shutdownNotify(options),
    ),
  };
};

const GROUPS: Record<string, (bench: Bench) => Calls | Promise<Calls>> = {
  CONTROLLER,
  COMMANDS,
  NAMESPACE,
  LOADS,
  ZONES,
  PROTECTED,
  BUS,
  OPAL,
  PURE,
};

test.each(Object.entries(GROUPS))(
  "%s: one wrong thing in a right call is refused in words or is the drive's to answer",
  (_, callsOf) =>
    withDrive({ spec: SPEC, open: { timeoutMs: 2000 } }, async (bench) => {
      for (const [name, call] of Object.entries(await callsOf(bench)))
        expect([name, (await spoil(name, call)) > 0]).toEqual([name, true]);
      // The drive is there as before.
      await bench.controller.setTimeoutMs(10_000);
      expect(await bench.controller.reset()).toMatchObject({ ok: true });
      expect(await bench.controller.getFeature(7)).toMatchObject({ sct: 0, sc: 0 });
    }),
  LIMIT_MS,
);

test(
  "drives and openings with one wrong thing are refused in words",
  async () => {
    const folder = temporaryFolder();
    try {
      const path = await makeDrive(folder, {}, "held.drive");
      const held = await driver.open({ transport: "model", path });
      let made = 0;
      const calls: Calls = {
        open: right(
          () => [
            { transport: "model", path },
            { cmdlogDir: folder, cmdlogEntries: 2048, timeoutMs: 2000, initialise: async () => {} },
          ],
          (address, options) => driver.open(address, options),
        ),
        "open over TCP": right(
          () => [
            {
              transport: "spdk-tcp",
              address: "127.0.0.1",
              port: 1,
              nqn: null,
              hostNqn: null,
              headerDigest: false,
              dataDigest: false,
            },
          ],
          (address) => driver.open(address),
        ),
        openBare: right(
          () => [{ transport: "model", path }, { cmdlogDir: folder }],
          (address, options) => driver.openBare(address, options),
        ),
        createModelDrive: right(
          () => [
            `${folder}/${made++}.drive`,
            {
              model: "M",
              serial: "S",
              firmware: "F",
              capacityBytes: 4n * MIB,
              lbaBytes: 512,
              seed: 1n,
              volatileCache: true,
              cacheBytes: 1 << 20,
              maxQpairs: 2,
              maxQueueEntries: 16,
              mdtsBytes: 65_536,
              readyMs: 1,
              lossPolicy: "torn",
              awupfLbas: 2,
              maxNamespaces: 4,
              formatMs: 1,
              weightedRoundRobin: true,
              opal: { msid: "a", psid: "b" },
              latency: {
                readUs: 1,
                writeUs: 1,
                flushUs: 1,
                jitterPercent: 1,
                nand: {
                  dies: 2,
                  slcBytes: 1 << 20,
                  steadyWriteUs: 3,
                  foldBytesPerSecond: 1,
                  collectEveryBytes: 4096,
                  collectUs: 2,
                  thermal: { ambientC: 20, throttleC: 60, degreesPerGib: 1, coolSeconds: 2, throttlePercent: 150 },
                },
              },
              namespaces: [
                {
                  capacityBytes: MIB,
                  lbaBytes: 512,
                  metadataBytes: 8,
                  extendedLba: true,
                  protection: 1,
                  attached: true,
                },
                {
                  capacityBytes: 2n * MIB,
                  lbaBytes: 512,
                  zoned: {
                    zoneBytes: MIB,
                    zoneCapacityBytes: MIB,
                    maxOpen: 1,
                    maxActive: 2,
                    readOnly: [0],
                    offline: [1],
                  },
                },
              ],
              faults: [
                {
                  kind: "bad-status",
                  sct: 2,
                  sc: 1,
                  when: { afterCommands: 1, afterWrites: 1, opcode: 2 },
                  where: { slba: "0", lbaCount: 8 },
                  times: 2,
                  everyNth: 3,
                  seed: 1,
                },
                { kind: "surprise-removal", ms: 3, probability: 0.5 },
              ],
            },
          ],
          (at, spec) => driver.createModelDrive(at, spec),
        ),
        modelPower: right(
          () => [`${folder}/none.drive`, "off"],
          (at, action) => driver.modelPower(at, action),
        ),
      };
      for (const [name, call] of Object.entries(calls)) await spoil(name, call);
      expect(await held.getFeature(7)).toMatchObject({ sct: 0, sc: 0 });
      await held.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  LIMIT_MS,
);
