/** Resets under load again and again, in a process of its own, so that what leaks can be seen from its size. */
import { readdirSync, readFileSync } from "node:fs";
import { type Controller, driver, type Namespace, NvmeError, Pcie, type Qpair, Subsystem } from "../src";
import { worker } from "./bench-drive";
import type { Scenario } from "./scenario";

export const RESET_ROUNDS = 100;
export const WORKERS = 8;
const DEPTH = 16;
/** Of the admin queue and of the script's own queue pair. */
export const KEPT_RECORDERS = 2;
/** More than any drive of the tests has. */
const MAX_QPAIRS = 64;

type Kind = (controller: Controller, drive: string) => Promise<boolean>;

/** Every way to reset that the software drive has; each leaves the drive usable. */
const KINDS: Record<string, Kind> = {
  controller: async (controller) => (await controller.reset()).ok,
  subsystem: async (controller) => (await new Subsystem(controller).reset()).ok,
  async "hot reset"(controller) {
    await new Pcie(controller).reset();
    return (await controller.reset()).ok;
  },
  async "function level reset"(controller) {
    await new Pcie(controller).flr();
    return (await controller.reset()).ok;
  },
  async power(controller, drive) {
    await driver.modelPower(drive, "off");
    await driver.modelPower(drive, "on");
    return (await controller.reopen()).ok;
  },
};

export interface Round {
  kind: string;
  ok: boolean;
  ends: string[];
  errors: number;
  /** Scripted commands that were in flight as well: how many ended how. */
  reads: { done: number; cut: number };
  /** From the reset to the last handle. */
  settledMs: number;
  /** Memory of the process that is in no file. */
  anonymousBytes: number;
  threads: number;
  files: number;
  /** Flight recorders that are mapped behind it: one for each queue that somebody still has. */
  recorders: number;
  /** Queue pairs that can be made beside the one that is there; only told in some rounds. */
  qpairs: number | null;
}

const anonymousBytes = () => Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024;
const recorders = () =>
  readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => /\.cmdlog(\.\d)?( \(deleted\))?$/.test(line)).length;
const countOf = (folder: string) => readdirSync(`/proc/self/${folder}`).length;

async function freeQpairs(controller: Controller): Promise<number> {
  const made = [];
  while (made.length < MAX_QPAIRS) {
    const qpair = await controller.createQpair({ depth: 2 }).catch((reason) => {
      if (reason instanceof NvmeError && reason.code === "ERR_QPAIR") return null;
      throw reason;
    });
    if (qpair === null) break;
    made.push(qpair);
  }
  for (const qpair of made) await qpair.delete();
  return made.length;
}

const start = (ns: Namespace, number: number) =>
  ns.startIoWorker(worker({ worker: number, seed: BigInt(number), depth: DEPTH, timeMs: 3_600_000, sampleMs: 10 }));

async function firstSample(handle: AsyncIterable<{ type: string }>): Promise<void> {
  for await (const event of handle) if (event.type === "sample") return;
}

/** How often the collector is asked before what is still mapped counts as forgotten. */
const COLLECTIONS = 20;

/** Handles that nobody has any more let their recorders go; what is left is told. */
async function recordersLeft(): Promise<number> {
  for (let turn = 0; turn < COLLECTIONS && recorders() > KEPT_RECORDERS; turn++) {
    globalThis.gc?.();
    await new Promise(setImmediate);
  }
  return recorders();
}

type Bench = { controller: Controller; ns: Namespace; qpair: Qpair; drive: string };

/** One reset under workers and commands; their handles are nobody's any more when it ends. */
async function resetUnderLoad({ controller, ns, qpair, drive }: Bench, reset: Kind) {
  const handles = Array.from({ length: WORKERS }, (_, n) => start(ns, n));
  await Promise.all(handles.map(firstSample));
  const reads = Array.from({ length: DEPTH - 1 }, (_, n) => ns.read(qpair, BigInt(n), new Uint8Array(512)));
  const begun = performance.now();
  const ok = await reset(controller, drive);
  const results = await Promise.all(handles.map(({ result }) => result));
  const completions = await Promise.all(reads);
  return {
    ok,
    ends: results.map(({ end }) => end),
    errors: results.reduce((sum, { errors }) => sum + errors.length, 0),
    reads: {
      done: completions.filter(({ local, sct, sc }) => !local && sct === 0 && sc === 0).length,
      cut: completions.filter(({ local }) => local).length,
    },
    settledMs: performance.now() - begun,
  };
}

export const resetRounds: Scenario = async ({ drive, cmdlogDir }, say) => {
  const controller = await driver.open({ transport: "model", path: drive }, { cmdlogDir });
  const ns = await controller.namespace(1);
  const qpair = await controller.createQpair({ depth: DEPTH });
  const kinds = Object.entries(KINDS);
  for (let round = 0; round < RESET_ROUNDS; round++) {
    const [kind, reset] = kinds[round % kinds.length]!;
    const came = await resetUnderLoad({ controller, ns, qpair, drive }, reset);
    const qpairs = round % 10 === 9 ? await freeQpairs(controller) : null;
    say({
      kind,
      ...came,
      qpairs,
      recorders: await recordersLeft(),
      anonymousBytes: anonymousBytes(),
      threads: countOf("task"),
      files: countOf("fd"),
    } satisfies Round);
  }
  await controller.close();
};
