/** A fresh software drive in the temporary folder for each test, and everything closed and removed behind it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Controller, driver, type ModelDriveSpec, type Namespace, type OpenOptions, type Qpair } from "../src";
import { seeded } from "./seeded";

export interface Bench {
  folder: string;
  drive: string;
  controller: Controller;
  ns: Namespace;
  qpair: Qpair;
}

interface BenchOptions {
  spec?: Partial<ModelDriveSpec>;
  open?: OpenOptions;
  depth?: number;
}

const SPEC: ModelDriveSpec = {
  model: "ASSAY SIM TEST",
  serial: "TEST0001",
  firmware: "1.0",
  capacityBytes: 16n << 20n,
  lbaBytes: 512,
  seed: 1n,
  volatileCache: true,
};

export async function makeDrive(
  folder: string,
  spec: Partial<ModelDriveSpec> = {},
  name = "test.drive",
): Promise<string> {
  const path = join(folder, name);
  await driver.createModelDrive(path, { ...SPEC, ...spec });
  return path;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "assay-native-"));
}

/** Runs `body` with a drive that is open, then closes and removes everything, also when it fails. */
export const withDrive = (options: BenchOptions, body: (bench: Bench) => Promise<void>): Promise<void> =>
  seeded(() => runWithDrive(options, body));

async function runWithDrive(options: BenchOptions, body: (bench: Bench) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  let controller: Controller | null = null;
  try {
    const drive = await makeDrive(folder, options.spec);
    controller = await driver.open({ transport: "model", path: drive }, { cmdlogDir: folder, ...options.open });
    const ns = await controller.namespace(1);
    const qpair = await controller.createQpair({ depth: options.depth ?? 32 });
    await body({ folder, drive, controller, ns, qpair });
  } finally {
    await controller?.close().catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The code of the NvmeError that a promise or a function ends with; `null` when it does not fail. */
export async function codeOf(act: () => unknown): Promise<string | null> {
  try {
    await act();
    return null;
  } catch (reason) {
    return (reason as { code?: string }).code ?? String(reason);
  }
}

/** Options of a worker that a test varies. */
export const worker = (more: object) => ({
  nsid: 1,
  worker: 0,
  sizeBytes: 4096,
  randomPercent: 100,
  readPercent: 50,
  depth: 16,
  regionStartLba: 0n,
  regionLbas: 8192n,
  seed: 5n,
  ...more,
});

/**
 * For what compares rates or latencies of two runs: others on the machine disturb one of them now and then. It must hold in
 * one of `tries`; what is broken holds in none.
 */
export async function holdsOnce(tries: number, compare: () => Promise<void>): Promise<void> {
  for (let left = tries - 1; ; left--) {
    try {
      return await compare();
    } catch (reason) {
      if (left === 0) throw reason;
    }
  }
}
