/** A driver that drives nothing: it remembers what was asked of it and answers as a test scripts it. */
import type {
  Completion,
  Controller,
  ControllerIdentity,
  IoWorker,
  IoWorkerEvent,
  IoWorkerOptions,
  IoWorkerResult,
  ModelPower,
  Namespace,
  NamespaceIdentity,
  NvmeDriver,
  NvmeErrorCode,
  ResetReport,
  TransportAddress,
  VerifyResult,
} from "@assay/nvme-native";

export const GOOD: Completion = { cdw0: 0, sct: 0, sc: 0, dnr: false, more: false, local: false, latencyNs: 1000 };

export function nvmeError(code: NvmeErrorCode, message = "as scripted"): Error {
  return Object.assign(new Error(message), { name: "NvmeError", code });
}

export interface WorkerScript {
  events?: IoWorkerEvent[];
  result?: Partial<IoWorkerResult>;
  /** Goes on until it is stopped, or until the power is lost. */
  endless?: boolean;
}

export interface Script {
  model: string;
  serial: string;
  nguid: string | null;
  lbaBytes: number;
  lbaCount: bigint;
  /** Namespaces without blocks, beside namespace 1. */
  keyValueNsids: number[];
  worker: (options: IoWorkerOptions) => WorkerScript;
  verify: Partial<VerifyResult>;
  /** Answers of Get Log Page 02h in turn; the last one stays. */
  smart: Uint8Array[];
  reset: ResetReport;
  reopen: ResetReport;
  csts: bigint;
  /** Called before each answer to `what`; may throw. */
  before: (what: string) => void;
}

const READY: ResetReport = { ok: true, reason: null, readyMs: 3, settled: 2 };

export class NullDriver implements NvmeDriver {
  readonly calls: string[] = [];
  readonly script: Script;
  readonly running = new Set<NullWorker>();
  power: ModelPower = "on";
  deadlineNs: bigint | null = null;
  nowNs = 0n;

  constructor(script: Partial<Script> = {}) {
    this.script = {
      model: "ASSAY SIM A",
      serial: "SIM0001",
      nguid: null,
      lbaBytes: 512,
      lbaCount: 131_072n,
      keyValueNsids: [],
      worker: () => ({}),
      verify: {},
      smart: [new Uint8Array(512)],
      reset: READY,
      reopen: READY,
      csts: 1n,
      before: () => {},
      ...script,
    };
  }

  did(what: string): void {
    this.calls.push(what);
    this.script.before(what);
  }
  info() {
    return { driverVersion: "0.0.0", spdkVersion: null, transports: ["model" as const] };
  }
  async open(address: TransportAddress): Promise<Controller> {
    this.did("open");
    return new NullController(this, address) as unknown as Controller;
  }
  setDeadline(boottimeNs: bigint): void {
    this.calls.push("setDeadline");
    this.deadlineNs = this.deadlineNs === null || boottimeNs < this.deadlineNs ? boottimeNs : this.deadlineNs;
    if (this.deadlineNs <= this.nowNs) for (const worker of this.running) worker.finish("deadline");
  }
  boottimeNs(): bigint {
    return this.nowNs;
  }
  async queues() {
    return [];
  }
  createModelDrive(): Promise<void> {
    throw new Error("makes no drives");
  }
  async modelPower(_path: string, action: ModelPower) {
    this.did(`power-${action}`);
    this.power = action;
    if (action === "off") for (const worker of this.running) worker.finish("terminated");
    return { power: action, generation: 1 };
  }
  async modelFaults() {
    return [];
  }
  async modelPowerState() {
    return { power: this.power, generation: 1 };
  }
}

/** What the runner uses of a controller. */
class NullController {
  constructor(
    private readonly driver: NullDriver,
    readonly address: TransportAddress,
  ) {}
  get identity(): ControllerIdentity {
    const { model, serial } = this.driver.script;
    const sizes = { mdtsBytes: 131_072, nn: 1, sqesMin: 6, maxQpairs: 16, maxQueueEntries: 1024, readyTimeoutMs: 5000 };
    const bits = { vid: 0x1234, oacs: 2, oncs: 0, vwc: true, version: 0x20000 };
    return { model, serial, firmware: "1.0", nqn: "nqn.test", ...sizes, ...bits, raw: new Uint8Array(4096) };
  }
  violations(): null {
    return null;
  }
  async identify(): Promise<ControllerIdentity> {
    this.driver.did("identify");
    return this.identity;
  }
  async activeNamespaces(): Promise<number[]> {
    return [1, ...this.driver.script.keyValueNsids];
  }
  async namespace(nsid: number): Promise<Namespace> {
    if (this.driver.script.keyValueNsids.includes(nsid)) throw nvmeError("ERR_UNSUPPORTED");
    return new NullNamespace(this.driver, nsid) as unknown as Namespace;
  }
  readonly bringUp = { disableMs: 1, enableMs: 2, readyMs: 3 };
  async readRegister(): Promise<bigint> {
    return this.driver.script.csts;
  }
  async writeRegister(): Promise<void> {}
  async registers(): Promise<Record<string, bigint | null>> {
    this.driver.did("registers");
    return { CSTS: this.driver.script.csts };
  }
  async admin(command: { opcode: number }): Promise<Completion> {
    this.driver.did(`admin-${command.opcode}`);
    return command.opcode === 0x6c ? { ...GOOD, sc: 1 } : GOOD;
  }
  async identifyRaw() {
    return { completion: GOOD, data: new Uint8Array(4096) };
  }
  async getFeature(): Promise<Completion> {
    return GOOD;
  }
  async setFeature(): Promise<Completion> {
    return GOOD;
  }
  async getLogPage(lid: number, bytes: number) {
    this.driver.did(`log-${lid}`);
    const { smart } = this.driver.script;
    const page = lid === 2 ? (smart.length > 1 ? smart.shift()! : smart[0]!) : new Uint8Array(bytes);
    return { completion: GOOD, data: page };
  }
  async format(): Promise<Completion> {
    this.driver.did("format");
    return GOOD;
  }
  async reset(): Promise<ResetReport> {
    this.driver.did("reset");
    for (const worker of this.driver.running) worker.finish("terminated");
    return this.driver.script.reset;
  }
  async reopen({ admit }: { admit?: () => Promise<void> } = {}): Promise<ResetReport> {
    this.driver.did("reopen");
    const report = this.driver.script.reopen;
    if (report.ok) await admit?.();
    return report;
  }
  createQpair(): Promise<never> {
    throw new Error("has no qpairs");
  }
  async close(): Promise<void> {
    this.driver.did("close");
  }
}

class NullNamespace {
  constructor(
    private readonly driver: NullDriver,
    readonly nsid: number,
  ) {}
  get identity(): NamespaceIdentity {
    const { lbaBytes, lbaCount, nguid } = this.driver.script;
    const lbaFormats = [512, 4096].map((bytes) => ({ lbaBytes: bytes, metadataBytes: 0 }));
    const size = { lbaCount, lbaBytes, metadataBytes: 0, capacityBytes: lbaCount * BigInt(lbaBytes) };
    return { nsid: this.nsid, ...size, lbaFormats, nguid, eui64: null, awupfLbas: 1, raw: new Uint8Array(4096) };
  }
  async openVerifyTable(path: string): Promise<void> {
    this.driver.did(`table ${path.split("/").at(-1)}`);
  }
  async syncVerifyTable(): Promise<void> {
    this.driver.did("sync-table");
  }
  startIoWorker(options: IoWorkerOptions): IoWorker {
    this.driver.did(`worker-${options.worker}`);
    return new NullWorker(this.driver, this.driver.script.worker(options), options);
  }
  async verify(options: { regionStartLba: bigint; regionLbas: bigint }): Promise<VerifyResult> {
    this.driver.did(`verify ${options.regionStartLba}+${options.regionLbas}`);
    const counts = { checkedLbas: 10n, unknownLbas: 0n, violations: 0n, newest: 0n, older: 0n, readErrors: 0n };
    return { ...counts, coveragePercent: 100, miscompares: [], durationMs: 1, ...this.driver.script.verify };
  }
}

const NOTHING: IoWorkerResult = {
  end: "done",
  reads: 100n,
  writes: 0n,
  flushes: 0n,
  readBytes: 51_200n,
  writtenBytes: 0n,
  durationMs: 1000,
  errors: [],
  miscompares: 0n,
  checkedLbas: 0n,
  unknownLbas: 0n,
  latencyAverageNs: 1000,
  latencyMaxNs: 2000,
  histograms: { read: [[100, 100]], write: [], other: [] },
  serviceHistograms: { read: [[100, 100]], write: [], other: [] },
  operations: [],
  lastCommands: [],
  skippedLbas: 0n,
  inFlight: 0,
  cpuPercent: 0,
};

export class NullWorker implements IoWorker {
  readonly result: Promise<IoWorkerResult>;
  readonly seed: bigint;
  readonly worker: number;
  private settle!: (result: IoWorkerResult) => void;

  constructor(
    private readonly driver: NullDriver,
    private readonly script: WorkerScript,
    { seed, worker }: IoWorkerOptions,
  ) {
    // The runner gives both always.
    this.seed = seed as bigint;
    this.worker = worker as number;
    this.result = new Promise((resolve) => {
      this.settle = resolve;
    });
    driver.running.add(this);
    if (!script.endless) this.finish(script.result?.end ?? "done");
  }
  finish(end: IoWorkerResult["end"]): void {
    this.driver.running.delete(this);
    this.settle({ ...NOTHING, ...this.script.result, end });
  }
  get running(): boolean {
    return this.driver.running.has(this);
  }
  stop(): void {
    this.finish("stopped");
  }
  release(): void {}
  async *[Symbol.asyncIterator](): AsyncIterator<IoWorkerEvent> {
    yield* this.script.events ?? [];
    await this.result;
  }
}
