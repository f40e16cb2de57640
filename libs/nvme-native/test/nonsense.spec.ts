/**
 * No script mistake ends the process: every function and every method that the driver exports, with nonsense, before and
 * after its controller was closed, ends well or with an NvmeError, nothing else. What is exported and stands in no table
 * here fails the first test.
 */
import * as surface from "../src";
import { Completions, driver } from "../src";
import { type Bench, withDrive } from "./bench-drive";
import { harass, harassMethods, NONSENSE, outcome } from "./nonsense";

const ZONED = { zoneBytes: 1n << 20n };
const SPEC = {
  opal: {},
  namespaces: [
    { capacityBytes: 8n << 20n, lbaBytes: 512 as const },
    { capacityBytes: 4n << 20n, lbaBytes: 512 as const, zoned: ZONED },
    { capacityBytes: 1n << 20n, keyValue: {} },
  ],
};
const withBench = (body: (bench: Bench) => Promise<void>) => withDrive({ spec: SPEC, open: { timeoutMs: 2000 } }, body);

const zonedOf = async ({ controller }: Bench) => surface.ZonedNamespace.of(controller, await controller.namespace(2));
const sessionOf = async ({ controller }: Bench) => {
  const { session } = await (await surface.OpalDrive.of(controller)).session("admin", null);
  if (session === null) throw new Error("the drive opened no session");
  return session;
};
const bareQueues = (bench: Bench) => {
  const device = new surface.BareDevice(bench.controller);
  const completionQueue = device.completionQueue({ qid: 7, entries: 8 });
  return { device, completionQueue, submissionQueue: device.submissionQueue({ qid: 7, entries: 8, completionQueue }) };
};

/** Made by a class of the surface, or given out by one of its methods. */
const OBJECTS: Record<string, (bench: Bench) => object | Promise<object>> = {
  driver: () => driver,
  controller: ({ controller }) => controller,
  AdminCommands: ({ controller }) => controller.commands,
  namespace: ({ ns }) => ns,
  "namespace of keys and values": ({ controller }) => controller.keyValueNamespace(3),
  qpair: ({ qpair }) => qpair,
  worker: ({ ns }) =>
    ns.startIoWorker({
      nsid: 1,
      worker: 0,
      sizeBytes: 512,
      randomPercent: 0,
      readPercent: 100,
      depth: 1,
      regionStartLba: 0n,
      regionLbas: 8n,
      ioCount: 8,
      seed: 1n,
    }),
  Buffer: ({ controller }) => controller.createBuffer(4096),
  Completions: () => new Completions(),
  Subsystem: ({ controller }) => new surface.Subsystem(controller),
  Tcp: () => new surface.Tcp("127.0.0.1", { port: 1 }),
  Pcie: ({ controller }) => new surface.Pcie(controller),
  msix: ({ controller }) => new surface.Pcie(controller).msix(),
  ZonedNamespace: zonedOf,
  ZoneHandle: async (bench) => (await zonedOf(bench)).at(bench.qpair, 0n),
  Reservations: ({ controller, ns }) => new surface.Reservations(controller, ns),
  Streams: ({ controller }) => new surface.Streams(controller, 1),
  FlexibleDataPlacement: ({ controller }) => new surface.FlexibleDataPlacement(controller),
  Placement: ({ controller, ns }) => new surface.Placement(controller, ns),
  OpalDrive: ({ controller }) => surface.OpalDrive.of(controller),
  TcgSession: sessionOf,
  Random: () => new surface.Random(1n),
  HostMemoryBuffer: ({ controller }) => surface.HostMemoryBuffer.allocate(controller),
  BareDevice: (bench) => bareQueues(bench).device,
  "bare completion queue": (bench) => bareQueues(bench).completionQueue,
  "bare submission queue": (bench) => bareQueues(bench).submissionQueue,
  "bare memory": ({ controller }) => new surface.BareDevice(controller).allocate(4096),
  BareAdmin: (bench) => new surface.BareAdmin(bareQueues(bench).submissionQueue),
};
/**
 * `wait` has its own test, `powerCycle` too, for what it takes leaves the drive ten seconds without power; the others are the driver's
 * own, or end what the next call needs.
 */
const LEFT_OUT = new Set(["close", "wait", "powerCycle", "during", "use", "reaped", "listen"]);
/** Where `close` is a command like others. */
const CLOSE_IS_A_COMMAND = new Set(["ZonedNamespace", "ZoneHandle", "Streams"]);
const leftOutOf = (name: string) =>
  CLOSE_IS_A_COMMAND.has(name) ? new Set([...LEFT_OUT].filter((method) => method !== "close")) : LEFT_OUT;
/** What a function throws by its contract, beside NvmeError. */
const BY_CONTRACT: Record<string, abstract new (...given: never[]) => Error> = {
  expectStatus: surface.StatusExpectationError,
  expectTcg: surface.TcgExpectationError,
  decodeDiscovery: surface.TcgMalformedError,
  cellsOf: surface.TcgMalformedError,
  "Streams.directives": surface.StatusExpectationError,
  "Streams.parameters": surface.StatusExpectationError,
  "Streams.open": surface.StatusExpectationError,
  "FlexibleDataPlacement.state": surface.StatusExpectationError,
  "FlexibleDataPlacement.configurations": surface.StatusExpectationError,
  "FlexibleDataPlacement.usage": surface.StatusExpectationError,
  "FlexibleDataPlacement.statistics": surface.StatusExpectationError,
  "FlexibleDataPlacement.events": surface.StatusExpectationError,
  "Placement.directives": surface.StatusExpectationError,
  "Placement.events": surface.StatusExpectationError,
  "Placement.reclaimUnitHandles": surface.StatusExpectationError,
};
const byContract = (name: string) => (wrong: unknown) =>
  BY_CONTRACT[name] !== undefined && wrong instanceof BY_CONTRACT[name];
/** Only thrown, and plain values. */
const NO_CALLS = [
  "NvmeError",
  "StatusExpectationError",
  "TcgExpectationError",
  "TcgMalformedError",
  "LOCAL_SCT",
  "LOCAL_STATUS",
  "SANITIZE",
  "SELF_TEST",
  "MAX_TIMEOUT_MS",
];

type Callable = (...given: unknown[]) => unknown;
const exported = Object.entries(surface) as [string, unknown][];
const isClass = (value: unknown) => typeof value === "function" && /^class\b/.test(String(value));
const functions = exported.filter(([, value]) => typeof value === "function" && !isClass(value)) as [
  string,
  Callable,
][];
const classes = exported.filter(([name, value]) => isClass(value) && !NO_CALLS.includes(name)) as [string, Callable][];

test("everything that is exported is called here", () => {
  const called = [...Object.keys(OBJECTS), ...functions.map(([name]) => name), ...NO_CALLS];
  expect(exported.map(([name]) => name).filter((name) => !called.includes(name))).toEqual([]);
  expect(functions.length).toBeGreaterThan(0);
});

test.each(functions)("%s refuses nonsense in words", (name, call) =>
  harass(name, call, call.length + 1, byContract(name)),
);

test.each(classes)("the constructor and the static methods of %s refuse nonsense in words", async (name, made) => {
  await harass(`new ${name}`, (...given) => Reflect.construct(made, given), 1);
  for (const own of Object.getOwnPropertyNames(made)) {
    const value = Reflect.get(made, own);
    if (typeof value === "function") await harass(`${name}.${own}`, (...given) => Reflect.apply(value, made, given), 1);
  }
});

test.each(Object.entries(OBJECTS))(
  "every method of %s refuses nonsense in words",
  (name, of) =>
    withBench(async (bench) => {
      await harassMethods(name, await of(bench), leftOutOf(name), byContract);
      const again = await driver.open({ transport: "model", path: bench.drive }).catch((reason) => reason);
      expect(again).toMatchObject({ code: "ERR_LOCKED" });
    }),
  60_000,
);

test.each(Object.entries(OBJECTS))(
  "every method of %s is an error value after its controller was closed",
  (name, of) =>
    withBench(async (bench) => {
      const subject = await of(bench);
      if (name === "worker") await (subject as surface.IoWorker).result;
      await bench.controller.close();
      await harassMethods(name, subject, leftOutOf(name), byContract);
      for (const use of [
        () => bench.controller.identify(),
        () => bench.controller.readRegister(0, 8),
        () => bench.controller.reset(),
        () => bench.controller.createQpair({ depth: 4 }),
        () => bench.ns.read(bench.qpair, 0n, new Uint8Array(512)),
        () => bench.ns.openVerifyTable(`${bench.folder}/t.verify`, 1n),
        () => bench.controller.close(),
      ])
        await expect(Promise.resolve().then<unknown>(use)).rejects.toMatchObject({
          name: "NvmeError",
          code: "ERR_CLOSED",
        });
    }),
  60_000,
);

test(
  "bare mode refuses nonsense in words, before and after its end",
  () =>
    withBench(async ({ controller, drive }) => {
      await controller.close();
      const bare = await driver.openBare({ transport: "model", path: drive });
      // So that waiting for `true` ends at once, not after CAP.TO.
      await bare.bringUp();
      await harassMethods("bare controller", bare, LEFT_OUT);
      await harass("bare controller.close", (...given) => (bare.close as Callable).apply(bare, given), 1);
      await harassMethods("bare controller after close", bare, LEFT_OUT);
    }),
  60_000,
);

test("closing with nonsense closes, twice too", () =>
  withBench(async ({ controller }) => {
    const close = controller.close.bind(controller) as Callable;
    for (const value of NONSENSE) expect(await outcome(() => close(value))).toBeNull();
  }));

test("a deadline that is nonsense is refused, and none is set", () =>
  withBench(async ({ ns, qpair }) => {
    for (const value of NONSENSE) expect(() => driver.setDeadline(value as bigint)).toThrow(surface.NvmeError);
    expect(await ns.flush(qpair)).toMatchObject({ sct: 0, sc: 0 });
  }));

test("a power cycle of nonsense is refused in words", () =>
  withBench(async ({ controller }) => {
    const subsystem = new surface.Subsystem(controller);
    for (const value of NONSENSE.filter((one) => one !== undefined)) {
      expect(await outcome(() => subsystem.powerCycle({ offMs: value as number }))).toBeNull();
      expect(await outcome(() => subsystem.powerCycle({ offMs: 0, appearMs: value as number }))).toBeNull();
    }
    expect(await outcome(() => subsystem.powerCycle(null as unknown as object))).toBeNull();
  }));

test("waiting for nonsense is refused in words", async () => {
  for (const value of NONSENSE) {
    if (value !== undefined) expect(await outcome(() => new Completions().wait(value as number))).toBeNull();
    expect(await outcome(() => new Completions().wait(0, { timeoutMs: value as number }))).toBeNull();
  }
});
