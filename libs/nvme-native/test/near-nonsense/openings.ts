import { driver } from "../../src";
import { type Calls, right } from "./right-call";
import { MIB } from "./sample-arguments";

/** A model drive's every field. */
const DRIVE = {
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
  fdp: {
    configurations: [
      {
        reclaimGroups: 2,
        reclaimGroupBits: 1,
        reclaimUnitHandles: ["initially-isolated", "persistently-isolated"],
        reclaimUnitBytes: 65_536n,
        timeLimitSeconds: 1,
      },
    ],
  },
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
      guardBits: 16,
      storageTagBits: 16,
      storageMask: 3n,
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
        extensionBytes: 64,
        readOnly: [0],
        offline: [1],
      },
    },
    {
      capacityBytes: MIB,
      keyValue: { maxKeyBytes: 8, maxValueBytes: 4096, maxKeys: 100 },
      attached: true,
      nguid: "ab".repeat(16),
      eui64: "ab".repeat(8),
      uuid: "ab".repeat(16),
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
};

/** What is asked of the driver itself, of the drive file at `path` (held open by another) and beside it in `folder`. */
export function openingCalls(folder: string, path: string): Calls {
  let made = 0;
  return {
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
      () => [`${folder}/${made++}.drive`, structuredClone(DRIVE)],
      (at, spec) => driver.createModelDrive(at, spec),
    ),
    modelPower: right(
      () => [`${folder}/none.drive`, "off"],
      (at, action) => driver.modelPower(at, action),
    ),
  };
}
