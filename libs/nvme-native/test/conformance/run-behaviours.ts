/** One jest test for each registered behaviour on one host; what came of them is written to the build folder. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ModelDriveSpec, OpenOptions, TransportAddress } from "../../src";
import { driver } from "../../src";
import { temporaryFolder } from "../bench-drive";
import { type Behaviour, behaviours, type ConformanceBench, type ConformanceHost } from "./behaviour";
import { whyNot } from "./capabilities";
import type { OpenDrive } from "./open-drive";

export const RESULTS_FOLDER = join(__dirname, "..", "..", "build", "conformance");

export type Outcome = "passed" | "failed" | "skipped" | "elsewhere";

export interface BehaviourResult {
  id: string;
  sentence: string;
  outcome: Outcome;
  reason: string | null;
}

export interface DriveSource {
  host: ConformanceHost;
  /** The address of the `number`th drive (from 0); a software drive is made there first. */
  place(folder: string, number: number, spec: Partial<ModelDriveSpec>): Promise<TransportAddress>;
  /** Takes a drive away; gives what brings it back. Absent: nobody here can. */
  vanish?(address: TransportAddress): Promise<() => Promise<void>>;
}

class Skipped extends Error {}

/** Jest calls a test that skips itself on its way passed: `npm test` reads here which ones it must not count so. */
function tellTier(reason: string): void {
  const file = process.env.ASSAY_SKIPPED_ON_THE_WAY;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(reason)}\n`);
}

async function openDrive(
  source: DriveSource,
  folder: string,
  number: number,
  options: { spec: Partial<ModelDriveSpec>; open: OpenOptions; depth: number },
): Promise<OpenDrive> {
  const address = await source.place(folder, number, options.spec);
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

async function show(behaviour: Behaviour, source: DriveSource): Promise<void> {
  const folder = temporaryFolder();
  const opened: OpenDrive[] = [];
  let bringBack = async () => {};
  try {
    const add = async (spec: Partial<ModelDriveSpec>) => {
      const { openOptions, depth } = behaviour;
      opened.push(await openDrive(source, folder, opened.length, { spec, open: openOptions, depth }));
      return opened[opened.length - 1]!;
    };
    const first = await add(behaviour.spec);
    const missing = await whyNot(behaviour.needs, first);
    if (missing !== null) throw new Skipped(missing);
    const bench: ConformanceBench = {
      ...first,
      host: source.host,
      folder,
      open: (spec = {}) => add({ serial: "TEST0002", ...spec }),
      async vanish() {
        if (source.vanish === undefined) throw new Skipped("nobody here can take this drive away");
        bringBack = await source.vanish(first.controller.address);
      },
      skip(reason): never {
        throw new Skipped(reason);
      },
    };
    await behaviour.show(bench);
  } finally {
    for (const { controller } of opened) await controller.close().catch(() => {});
    await bringBack();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function runBehaviours(source: DriveSource): void {
  const { host } = source;
  const results: BehaviourResult[] = [];
  const all = behaviours();
  for (const behaviour of all.filter(({ on }) => on.includes(host))) {
    const { id, sentence } = behaviour;
    const note = (outcome: Outcome, reason: string | null) => results.push({ id, sentence, outcome, reason });
    test(
      `${id} ${sentence}`,
      async () => {
        try {
          await show(behaviour, source);
          note("passed", null);
        } catch (reason) {
          if (!(reason instanceof Skipped)) {
            note("failed", null);
            throw reason;
          }
          process.stdout.write(`skipped on ${host}: ${id} ${sentence}: ${reason.message}\n`);
          tellTier(reason.message);
          note("skipped", reason.message);
        }
      },
      behaviour.limitMs,
    );
  }
  afterAll(() => {
    for (const { id, sentence, on } of all) {
      if (!on.includes(host)) results.push({ id, sentence, outcome: "elsewhere", reason: null });
    }
    mkdirSync(RESULTS_FOLDER, { recursive: true });
    // A run of a part (jest -t) is no result of the suite.
    if (results.length === all.length)
      writeFileSync(join(RESULTS_FOLDER, `${host}.json`), `${JSON.stringify(results, null, 2)}\n`);
  });
}
