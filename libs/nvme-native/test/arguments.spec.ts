/** What a script can get wrong: each is refused before anything is sent, in words that name argument, value and limit. */
import { rmSync } from "node:fs";
import { driver } from "../src";
import { type Bench, makeDrive, temporaryFolder, withDrive, worker } from "./bench-drive";

const wrong = <T>(value: unknown): T => value as T;
const sector = new Uint8Array(512);

const cases: [message: string | RegExp, act: (bench: Bench) => unknown][] = [
  ["depth is 0, it must be an integer from 1 to 1023", ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, depth: 0 }))],
  [
    "depth is 1024, it must be an integer from 1 to 1023",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, depth: 1024 })),
  ],
  [
    "sequence[0].atUs is -1, it must not be below 0",
    ({ ns }) => ns.startIoWorker({ sequence: [{ atUs: -1, opcode: "flush" }] }),
  ],
  [
    "<buffer: 15 bytes> holds no range, which has 16 bytes",
    ({ controller }) => controller.createBuffer(15).setDsmRange(0, 0n, 1),
  ],
  [
    "nsid is Symbol(no number), it must be an integer from 1 to 4294967295",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, nsid: wrong(Symbol("no number")) })),
  ],
  [
    "readPercent is 101, it must be an integer from 0 to 100",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, readPercent: 101 })),
  ],
  [
    "randomPercent is an array, it must be an integer from 0 to 100",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, randomPercent: wrong([1]) })),
  ],
  [
    "sizeBytes is 513, it must be a multiple of the LBA size, 512",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, sizeBytes: 513 })),
  ],
  [
    "sizeBytes is 2097152, it must be an integer from 512 to 1048576",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, sizeBytes: 2 << 20 })),
  ],
  [
    "sizeBytes is 4096, it must fit into the region of 4 LBAs",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, regionLbas: 4n })),
  ],
  [
    "regionLbas is 32769n, it must be a bigint from 1 to 32768",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, regionLbas: 32_769n })),
  ],
  [
    "regionStartLba is 5, it must be a bigint from 0 to 32767",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, regionStartLba: wrong(5) })),
  ],
  [
    "one of timeMs, ioCount, passes and untilPowerLost must say when the worker ends",
    ({ ns }) => ns.startIoWorker(worker({})),
  ],
  [
    "timeMs is NaN, it must be a number above 0 and at most 3600000000",
    ({ ns }) => ns.startIoWorker(worker({ timeMs: Number.NaN })),
  ],
  [/options has no option "dept"; it knows nsid,/, ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, dept: 3 }))],
  [
    "verify is true, openVerifyTable must come first",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, verify: true })),
  ],
  [
    "sizeBytes.toBytes is 512, it must be an integer from 1024 to 4294967295",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, sizeBytes: { fromBytes: 1024, toBytes: 512 } })),
  ],
  [
    "sizeBytes[1] is 700, it must be a multiple of the LBA size, 512",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, sizeBytes: [512, 700] })),
  ],
  [
    "alignLbas has 1 entries, it must have one for each of the 2 sizes",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, sizeBytes: [512, 1024], alignLbas: [1] })),
  ],
  [
    "stepLbas is 8, it needs sequential commands, and randomPercent is 100",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, stepLbas: 8 })),
  ],
  [
    "stepLbas is -8193, it must be an integer from -8192 to 8192",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, randomPercent: 0, stepLbas: -8193 })),
  ],
  [
    "distribution adds up to 100, it must add up to 10000",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, distribution: Array.from({ length: 100 }, () => 1) })),
  ],
  [
    'onStatus[0].action is "halt", it must be one of stop, count, ignore',
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, onStatus: [{ sct: 2, sc: 0x81, action: wrong("halt") }] })),
  ],
  [
    "onStatus[0] is sct 0, sc 0, which is success and no error",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, onStatus: [{ sct: 0, sc: 0, action: "stop" }] })),
  ],
  [
    "distribution must be an array of 100 integers",
    ({ ns }) => ns.startIoWorker(worker({ ioCount: 1, distribution: [10_000] })),
  ],
  [
    "distribution needs randomPercent 100, it is 99",
    ({ ns }) =>
      ns.startIoWorker(worker({ ioCount: 1, randomPercent: 99, distribution: Array.from({ length: 100 }, () => 100) })),
  ],
  ["depth is 1, it must be an integer from 2 to 1024", ({ controller }) => controller.createQpair({ depth: 1 })],
  ["depth is 1025, it must be an integer from 2 to 1024", ({ controller }) => controller.createQpair({ depth: 1025 })],
  ["offset is 2, it must be a multiple of 4", ({ controller }) => controller.readRegister(2, 4)],
  ["offset is 262144, it must be an integer from 0 to 262140", ({ controller }) => controller.readRegister(262_144, 4)],
  ["bytes is 3, it must be one of 4, 8", ({ controller }) => controller.readRegister(0, wrong(3))],
  ["nsid is 0, it must be an integer from 1 to 4294967294", ({ controller }) => controller.namespace(0)],
  ["bytes is 6, it must be a multiple of 4", ({ controller }) => controller.getLogPage(2, 6)],
  ["command.opcode is 256, it must be an integer from 0 to 255", ({ controller }) => controller.admin({ opcode: 256 })],
  [/command has no option "cdw9"/, ({ controller }) => controller.admin(wrong({ opcode: 1, cdw9: 1 }))],
  [
    "direction is undefined, data needs from-device or to-device",
    ({ controller }) => controller.admin({ opcode: 6 }, new Uint8Array(4096)),
  ],
  [
    "data has 513 bytes, it must be a multiple of the LBA size, 512",
    ({ ns, qpair }) => ns.read(qpair, 0n, new Uint8Array(513)),
  ],
  ["data has 0 bytes, it must have 512 to 1048576", ({ ns, qpair }) => ns.read(qpair, 0n, new Uint8Array(0))],
  ["data is undefined, it must be a Uint8Array", ({ ns, qpair }) => ns.write(qpair, 0n, wrong(undefined))],
  ["data is an object, it must be a Uint8Array", ({ ns, qpair }) => ns.write(qpair, 0n, wrong(new Uint16Array(256)))],
  [/^slba is -1n, it must be a bigint from 0 to/, ({ ns, qpair }) => ns.read(qpair, -1n, sector)],
  [
    "slba is 3, it must be a bigint from 0 to 18446744073709551615",
    ({ ns, qpair }) => ns.read(qpair, wrong(3), sector),
  ],
  ["qpair is not a queue pair of this driver", ({ ns }) => ns.read(wrong({}), 0n, sector)],
  ["lbaCount is 65537, it must be an integer from 1 to 65536", ({ ns, qpair }) => ns.writeZeroes(qpair, 0n, 65_537)],
  ["ranges must be an array of 1 to 256 ranges", ({ ns, qpair }) => ns.deallocate(qpair, [])],
  [
    "cmdlogEntries is 3000, it must be a power of two",
    ({ drive }) => driver.open({ transport: "model", path: drive }, { cmdlogEntries: 3000 }),
  ],
  [
    "cmdlogEntries is 1024, it must be an integer from 2048 to 1048576",
    ({ drive }) => driver.open({ transport: "model", path: drive }, { cmdlogEntries: 1024 }),
  ],
  [
    'address.transport is "nvme", it must be one of model, spdk-pcie, spdk-tcp, spdk-vfio-user',
    () => driver.open(wrong({ transport: "nvme" })),
  ],
  [
    'address.address is "1:0.0", it must be like 0000:01:00.0',
    () => driver.open({ transport: "spdk-pcie", address: "1:0.0" }),
  ],
  [
    "address.port is 65536, it must be an integer from 1 to 65535",
    () => driver.open({ transport: "spdk-tcp", address: "::1", port: 65_536, nqn: null }),
  ],
  ['action is "cycle", it must be one of on, off', ({ drive }) => driver.modelPower(drive, wrong("cycle"))],
  ["boottimeNs is 5, it must be a bigint from 0 to 18446744073709551615", async () => driver.setDeadline(wrong(5))],
];

test.each(cases)("%s", async (message, act) => {
  await withDrive({}, async (bench) => {
    const attempt = Promise.resolve().then(() => act(bench));
    await expect(attempt).rejects.toMatchObject({ name: "NvmeError", code: "ERR_ARGUMENT" });
    await expect(attempt).rejects.toThrow(message);
  });
});

const specs: [string, object][] = [
  ["capacityBytes is 4096n, it must be a bigint from 1048576 to 17592186044416", { capacityBytes: 4096n }],
  ["lbaBytes is 520, it must be one of 512, 4096", { lbaBytes: 520 }],
  ['serial is "", it must be a text of 1 to 20 characters', { serial: "" }],
  ['firmware is "longer than 8", it must be a text of 1 to 8 characters', { firmware: "longer than 8" }],
  ["mdtsBytes is 5000, it must be a power of two", { mdtsBytes: 5000 }],
  ['nguid is "12", it must have 32 hex digits', { nguid: "12" }],
  [
    'faults[0].kind is "gremlin", it must be one of silent-corruption, flush-lies, bad-status, stall, lost-completion, slow-ready',
    { faults: [{ kind: "gremlin" }] },
  ],
  ['faults[0] has no option "ms"; it knows kind', { faults: [{ kind: "flush-lies", ms: 1 }] }],
  [
    "faults[0].everyNth is 0, it must be an integer from 1 to 4294967295",
    { faults: [{ kind: "silent-corruption", afterWrites: 1, everyNth: 0 }] },
  ],
];

test.each(specs)("%s", async (message, spec) => {
  const folder = temporaryFolder();
  try {
    await expect(makeDrive(folder, spec)).rejects.toThrow(message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a queue pair of another controller is refused, and 16 controllers open at once", async () => {
  const folder = temporaryFolder();
  const controllers = [];
  try {
    for (let i = 0; i < 16; i++) {
      controllers.push(
        await driver.open({ transport: "model", path: await makeDrive(folder, { serial: `T${i}` }, `${i}.drive`) }),
      );
    }
    const qpair = await controllers[0]!.createQpair({ depth: 4 });
    const ns = await controllers[1]!.namespace(1);
    await expect(ns.flush(qpair)).rejects.toThrow("qpair 1 belongs to another controller");
  } finally {
    for (const controller of controllers) await controller.close();
    rmSync(folder, { recursive: true });
  }
});
