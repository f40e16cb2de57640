/** What child.cjs can run. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { driver, type IoWorker, type IoWorkerResult } from "../src";
import { worker } from "./bench-drive";
import { fullDiskScenarios } from "./full-disk-scenarios";
import { resetRounds } from "./reset-rounds";
import type { Scenario, ScenarioInput } from "./scenario";

async function opened({ drive, cmdlogDir, timeoutMs }: ScenarioInput) {
  const controller = await driver.open({ transport: "model", path: drive }, { cmdlogDir, timeoutMs });
  return { controller, ns: await controller.namespace(1) };
}

/** Room for three pools of the scenario `crowd` (128 MiB each), and for the stacks of their threads. */
const CROWD_BYTES = 480 << 20;

const endless = worker({ timeMs: 3_600_000, depth: 8, sampleMs: 20 });

export const scenarios: Record<string, Scenario> = {
  ...fullDiskScenarios,

  /** Two workers until somebody kills the process. */
  async work(input, say) {
    const { ns } = await opened(input);
    const handles = [0, 1].map((n) => ns.startIoWorker({ ...endless, worker: n + 10, readPercent: n * 100 }));
    for (const handle of handles) for await (const event of handle) if (event.type === "sample") break;
    say({ working: true });
    await Promise.all(handles.map((handle) => handle.result));
  },

  /** Leaves before the drive is open. */
  async exitOpening({ drive, cmdlogDir }, say) {
    void driver.open({ transport: "model", path: drive }, { cmdlogDir });
    say({ leaving: true });
    setImmediate(() => process.exit(5));
  },

  /** The deadline comes while a worker runs, and stays for everything after it. */
  async deadline(input, say) {
    const { controller, ns } = await opened(input);
    const qpair = await controller.createQpair({ depth: 4 });
    const handle = ns.startIoWorker(endless);
    for await (const event of handle) if (event.type === "sample") break;
    driver.setDeadline(driver.boottimeNs() + 50_000_000n);
    driver.setDeadline(driver.boottimeNs() + 60_000_000_000n);
    const result = await handle.result;
    const after = driver.boottimeNs();
    const codes: Record<string, string | null> = {};
    const attempt = async (name: string, act: () => Promise<unknown>) => {
      codes[name] = await act().then(
        () => null,
        (reason) => reason.code,
      );
    };
    await attempt("read", () => ns.read(qpair, 0n, new Uint8Array(512)));
    await attempt("admin", () => controller.admin({ opcode: 0x0a, cdw10: 7 }));
    await attempt("reset", () => controller.reset());
    await attempt("reopen", () => controller.reopen());
    await attempt("createQpair", () => controller.createQpair({ depth: 4 }));
    await attempt("writeRegister", () => controller.writeRegister(0x14, 0n, 4));
    const again = await ns.startIoWorker(endless).result;
    await controller.close();
    await attempt("open", () => driver.open({ transport: "model", path: input.drive }));
    say({ end: result.end, again: again.end, reads: again.reads, inFlight: result.inFlight, codes, after });
  },

  /** Ends while workers run. */
  async exit(input, say) {
    const { ns } = await opened(input);
    const handles = [0, 1, 2].map((n) => ns.startIoWorker({ ...endless, worker: n }));
    for (const handle of handles) for await (const event of handle) if (event.type === "sample") break;
    say({ leaving: true });
    process.exit(5);
  },

  /** A JavaScript thread is terminated while its ioworkers run: its drive must be free again. */
  async thread({ drive, cmdlogDir }, say) {
    const code = `
      const { parentPort } = require("node:worker_threads");
      process.argv[2] = "work";
      process.argv[3] = ${JSON.stringify(JSON.stringify({ drive, cmdlogDir }))};
      process.stdout.write = () => parentPort.postMessage("working");
      require(${JSON.stringify(require.resolve("./child.cjs"))});
    `;
    const thread = new Worker(code, { eval: true });
    await new Promise((resolve) => thread.once("message", resolve));
    await thread.terminate();
    const { controller } = await opened({ drive, cmdlogDir });
    await controller.close();
    say({ freed: true });
  },

  /** Resets of every kind under eight workers; says what each round left behind. */
  resets: resetRounds,

  /** An open controller with nothing to do must not keep the process alive. */
  async idle(input, say) {
    await opened(input);
    say({ idle: true });
  },

  /** Sixteen workers with deep queues of large commands, where memory for some of them is left: who ran, who was refused. */
  async crowd(input, say) {
    const { controller, ns } = await opened(input);
    const deep = (n: number) =>
      ns.startIoWorker({ ...endless, worker: n, depth: 1024, sizeBytes: 128 << 10, readPercent: 100 });
    const inUse = Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024;
    execFileSync("prlimit", ["--pid", String(process.pid), `--as=${inUse + CROWD_BYTES}`]);
    const run = async (handles: IoWorker[]) => {
      // A worker that was refused has no events.
      for (const handle of handles) for await (const event of handle) if (event.type === "sample") break;
      for (const handle of handles) handle.stop();
      return Promise.allSettled(handles.map(({ result }) => result));
    };
    const outcomes = await run(Array.from({ length: 16 }, (_, n) => deep(n)));
    // What these had is there again, though their handles are kept.
    const again = await run([deep(16), deep(17)]);
    await controller.close();
    const told = (each: PromiseSettledResult<IoWorkerResult>) =>
      each.status === "fulfilled" ? each.value.end : `${each.reason.code} ${each.reason.message}`;
    say({ outcomes: outcomes.map(told), again: again.map(told) });
  },

  /** CPU that an open, idle controller with qpairs takes, ms in half a second. */
  async quiet(input, say) {
    const { controller } = await opened(input);
    for (let i = 0; i < 4; i++) await controller.createQpair({ depth: 16 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const used = process.cpuUsage(before);
    say({ cpuMs: (used.user + used.system) / 1000 });
    await controller.close();
  },

  /** A worker and a script's reads until a line comes in: what statuses they saw, and whose they were. */
  async untilTold(input, say) {
    const { controller, ns } = await opened(input);
    const told = new Promise<void>((resolve) => process.stdin.once("data", () => resolve()));
    let ending = false;
    const qpair = await controller.createQpair({ depth: 4 });
    const reads = (async () => {
      const seen = new Set<string>();
      while (!ending) {
        const { sct, sc, local } = await ns.read(qpair, 0n, new Uint8Array(512));
        seen.add(`${sct}/${sc}${local ? " local" : ""}`);
      }
      return [...seen];
    })();
    const handle = ns.startIoWorker({ ...endless, readPercent: 100, onError: "count" });
    for await (const event of handle) if (event.type === "sample" && event.sample.reads > 0) break;
    say({ working: true });
    await told;
    ending = true;
    handle.stop();
    const { end, errors } = await handle.result;
    say({ end, errors: errors.map(({ sct, sc, count }) => ({ sct, sc, count })), reads: await reads });
    await controller.close();
    process.stdin.destroy();
  },
};
