/**
 * What a drive and this driver must show, named by the stable ids of the table of behaviours (B001..., X01...). Area
 * files register behaviours; conformance.spec.ts runs all of them on the software drive, conformance.spdk.spec.ts over
 * SPDK. One id may have several sentences; the pair is unique.
 */
import type { ModelDriveSpec, OpenOptions } from "../../src";
import type { Capability } from "./capabilities";
import type { OpenDrive } from "./open-drive";

export const HOSTS = ["model", "spdk-tcp", "spdk-vfio-user", "spdk-pcie"] as const;
export type ConformanceHost = (typeof HOSTS)[number];

/**
 * SPDK's vfio-user target answers an I/O opcode whose low bits announce data with 00/06 when the command has none, and
 * not with 00/01, also when nobody knows the opcode (seen with v26.05).
 */
export const mapsDataFirst = (host: ConformanceHost): boolean => host === "spdk-vfio-user";
/** Status code of such a command. */
export const unknownWithoutData = (host: ConformanceHost): number => (mapsDataFirst(host) ? 0x06 : 0x01);

/** QEMU's NVMe drive (seen with 7.2); where it departs from the specification is said at the place. */
export const isQemu = (bench: ConformanceBench): boolean => bench.controller.identity.model.startsWith("QEMU");

/**
 * One for each behaviour: opened for it, closed behind it. The software drive is new each time; what is on the others is
 * what the behaviour before left there.
 */
export interface ConformanceBench extends OpenDrive {
  host: ConformanceHost;
  /** Empty, removed at the end; cmdlog files are in it. */
  folder: string;
  /** A second drive (closed at the end as well). `spec` is for the software drive; other hosts have one second drive. */
  open(spec?: Partial<ModelDriveSpec>): Promise<OpenDrive>;
  /**
   * Takes the first drive away while it is open: it answers nothing any more. Its power is cut where that can be done, else
   * its target is killed.
   * @returns brings it back; at the end of the behaviour that is done anyhow
   */
  vanish(): Promise<() => Promise<void>>;
  /** Gives the first drive one more namespace, from outside; @returns takes it away, at the end of the behaviour anyhow */
  addNamespace(): Promise<() => Promise<void>>;
  /** Records that the rest of this behaviour cannot be shown here, and why; the test ends there. */
  skip(reason: string): never;
  /** What this drive does otherwise than the specification has it, or leaves open: it is shown so, and printed with it. */
  differs(reason: string): void;
}

export interface BehaviourOptions {
  /** Words probed on the drive; a missing one is a skip that is printed with its reason. */
  needs?: Capability[];
  /** Hosts that can show it; default: all. */
  on?: readonly ConformanceHost[];
  /** What the software drive is made of. */
  spec?: Partial<ModelDriveSpec>;
  openOptions?: OpenOptions;
  /** The first drive's reads take far longer than anything else. */
  slowReads?: boolean;
  /** Entries of the bench's queue pair; default 32. */
  depth?: number;
  /** "Does not hang", ms; default 60 000. */
  limitMs?: number;
}

export interface Behaviour
  extends Required<Pick<BehaviourOptions, "needs" | "on" | "limitMs" | "depth" | "slowReads">> {
  id: string;
  sentence: string;
  spec: Partial<ModelDriveSpec>;
  openOptions: OpenOptions;
  show: (bench: ConformanceBench) => Promise<void>;
}

const registered = new Map<string, Behaviour>();

export function behaviour(
  id: string,
  sentence: string,
  options: BehaviourOptions,
  show: (bench: ConformanceBench) => Promise<void>,
): void {
  if (!/^[BX]\d{2,3}$/.test(id)) throw new Error(`${id} is no id of a behaviour`);
  if (/[|\n]/.test(sentence)) throw new Error(`${id}: a sentence is a cell of a table, without | and line breaks`);
  const key = `${id} ${sentence}`;
  if (registered.has(key)) throw new Error(`${key}: registered twice`);
  registered.set(key, {
    id,
    sentence,
    needs: options.needs ?? [],
    on: options.on ?? HOSTS,
    spec: options.spec ?? {},
    openOptions: options.openOptions ?? {},
    depth: options.depth ?? 32,
    slowReads: options.slowReads ?? false,
    limitMs: options.limitMs ?? 60_000,
    show,
  });
}

/** All of them, in the order of their ids. */
export function behaviours(): Behaviour[] {
  return [...registered.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
