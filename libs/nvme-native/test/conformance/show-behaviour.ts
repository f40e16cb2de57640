/** One behaviour on one host: opened for it, shown, closed behind it. Knows nothing of what runs it. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ModelDriveSpec, OpenOptions, TransportAddress } from "../../src";
import { driver } from "../../src";
import { temporaryFolder } from "../bench-drive";
import { seeded } from "../seeded";
import { type Behaviour, behaviours, type ConformanceBench, type ConformanceHost } from "./behaviour";
import { whyNot } from "./capabilities";
import type { OpenDrive } from "./open-drive";

export const RESULTS_FOLDER = join(__dirname, "..", "..", "build", "conformance");

/** What came of a behaviour that did not fail. */
export interface Shown {
  /** Why it was skipped; null: it was shown. */
  skipped: string | null;
  /** Where the drive departs from the specification, as its own behaviour says. */
  differs: string[];
}

export type Outcome = "passed" | "failed" | "skipped" | "elsewhere";

export interface BehaviourResult {
  id: string;
  sentence: string;
  outcome: Outcome;
  /** Why it was skipped, or what is different on this drive. */
  reason: string | null;
  /** Of what it did not seed itself; null: it was not told. */
  seed: string | null;
}

export interface DriveSource {
  host: ConformanceHost;
  /** The address of the `number`th drive (from 0); a software drive is made there first. */
  place(folder: string, number: number, spec: Partial<ModelDriveSpec>): Promise<TransportAddress>;
  /** The address of a first drive whose reads are slow. Absent: there is none. */
  placeSlow?(folder: string, spec: Partial<ModelDriveSpec>): Promise<TransportAddress>;
  /** Takes a drive away; gives what brings it back. Absent: nobody here can. */
  vanish?(address: TransportAddress): Promise<() => Promise<void>>;
  /** Gives a drive one more namespace behind the driver's back; gives what takes it away. Absent: nobody here can. */
  addNamespace?(address: TransportAddress): Promise<() => Promise<void>>;
}

class Skipped extends Error {}

async function openDrive(
  address: TransportAddress,
  folder: string,
  number: number,
  options: { open: OpenOptions; depth: number },
): Promise<OpenDrive> {
  const cmdlogDir = join(folder, `cmdlog-${number}`);
  mkdirSync(cmdlogDir);
  const controller = await driver.open(address, { cmdlogDir, ...options.open });
  try {
    const ns = await controller.namespace(1);
    const qpair = await controller.createQpair({ depth: options.depth });
    return { controller, ns, qpair, drive: address.transport === "model" ? address.path : null };
  } catch (reason) {
    await controller.close().catch(() => {});
    throw reason;
  }
}

/**
 * `told` gets the seed of everything that the behaviour does not seed itself.
 * @throws whatever it failed with, with that seed
 */
export const show = (behaviour: Behaviour, source: DriveSource, told?: (seed: bigint) => void): Promise<Shown> =>
  seeded(() => showOn(behaviour, source), told);

async function showOn(behaviour: Behaviour, source: DriveSource): Promise<Shown> {
  const differs: string[] = [];
  const folder = temporaryFolder();
  const opened: OpenDrive[] = [];
  const undo: (() => Promise<void>)[] = [];
  /** Done when it is called or at the end, once. */
  const undone = (act: () => Promise<void>) => {
    let once = async () => {
      once = async () => {};
      await act();
    };
    undo.push(() => once());
    return () => once();
  };
  try {
    const { openOptions, depth, slowReads } = behaviour;
    const add = async (spec: Partial<ModelDriveSpec>) => {
      const number = opened.length;
      const slow = number === 0 && slowReads;
      const address = slow ? await source.placeSlow!(folder, spec) : await source.place(folder, number, spec);
      opened.push(await openDrive(address, folder, number, { open: openOptions, depth }));
      return opened[number]!;
    };
    if (slowReads && source.placeSlow === undefined)
      return { skipped: "no drive here has reads that are slow", differs };
    const first = await add(behaviour.spec);
    const missing = await whyNot(behaviour.needs, first);
    if (missing !== null) return { skipped: missing, differs };
    const bench: ConformanceBench = {
      ...first,
      host: source.host,
      folder,
      open: (spec = {}) => add({ serial: "TEST0002", ...spec }),
      async vanish() {
        if (source.vanish === undefined) throw new Skipped("nobody here can take this drive away");
        return undone(await source.vanish(first.controller.address));
      },
      async addNamespace() {
        if (source.addNamespace === undefined) throw new Skipped("nobody here can give this drive a namespace");
        return undone(await source.addNamespace(first.controller.address));
      },
      skip(reason): never {
        throw new Skipped(reason);
      },
      differs: (reason) => void differs.push(reason),
    };
    await behaviour.show(bench);
    return { skipped: null, differs };
  } catch (reason) {
    if (reason instanceof Skipped) return { skipped: reason.message, differs };
    throw reason;
  } finally {
    // First: with no function in its slot the kernel spends a minute on the end of vfio-pci's.
    for (const act of undo) await act();
    for (const { controller } of opened) await controller.close().catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The results of a whole run, for the README's table; a run of a part (jest -t) is no result of the suite. The seeds of the newest
 * run are kept beside it, whatever was run.
 */
export function keepResults(host: ConformanceHost, shown: BehaviourResult[]): void {
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  const seeds = shown.map(({ id, sentence, seed }) => `${seed}\t${id} ${sentence}\n`);
  writeFileSync(join(RESULTS_FOLDER, `${host}.seeds`), seeds.join(""));
  const all = behaviours();
  const elsewhere = all
    .filter(({ on }) => !on.includes(host))
    .map(({ id, sentence }) => ({ id, sentence, outcome: "elsewhere", reason: null, seed: null }));
  const results = [...shown, ...elsewhere];
  if (results.length === all.length)
    writeFileSync(join(RESULTS_FOLDER, `${host}.json`), `${JSON.stringify(results, null, 2)}\n`);
}
