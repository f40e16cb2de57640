/** What an ioworker is asked to do. */
import type { ProtectionOptions } from "../namespace/io-options";
import type { NVM_OPCODE } from "../namespace/nvm-opcodes";

/**
 * What an error status does: ends the worker; counts, in the samples too; is expected and only noted in the result; or
 * freezes the controller for whoever debugs the firmware: from then on nothing is sent and nothing is taken in on any
 * queue of it, calls fail with ERR_FROZEN (`close` too), until `IoWorker.release()`.
 */
export type ErrorAction = "stop" | "count" | "ignore" | "freeze";

/** All sizes from `fromBytes` to `toBytes` (included) in steps of `stepBytes` (default: one LBA), each as often as the others. */
export interface SizeRange {
  fromBytes: number;
  toBytes: number;
  stepBytes?: number;
}

/** The opcodes of the NVM command set that a worker knows; any other is told by its number. */
export type WorkerOpcode = Exclude<keyof typeof NVM_OPCODE, "copy">;

/** A share of a worker's commands. */
export interface WorkerOperation {
  opcode: WorkerOpcode | number;
  /** Of 100; all shares add up to 100. */
  percent: number;
  /** Bits that are or-ed into each command: FUA is 0x4000_0000 of `cdw12`. */
  cdw?: { [word in "cdw2" | "cdw3" | "cdw10" | "cdw11" | "cdw12" | "cdw13" | "cdw14" | "cdw15"]?: number };
  /** For an opcode without a name: SLBA goes into CDW10-11 and NLB into CDW12. Default: false, `cdw` says it all. */
  addressed?: boolean;
  /** For an opcode without a name; default "none". An addressed one moves its LBAs, another one `dataBytes`. */
  data?: "none" | "from-device" | "to-device";
  dataBytes?: number;
}

/** One command of a sequence that is replayed. */
export interface SequenceStep {
  /** From the worker's start, microseconds; may have a fraction; never before the step in front of it. */
  atUs: number;
  opcode: WorkerOpcode | number;
  slba?: bigint;
  /** One-based; 0 or left out for a flush. */
  lbaCount?: number;
}

/**
 * What is written when sectors need not prove themselves; each holds for every single sector. `constant`: a 32-bit word,
 * little endian, over and over. `random`: new bytes in every sector written, of which `compressPercent` (default 0) at the
 * sector's end are zeroes. Default: random bytes made once, each sector marked with its LBA and a number of its own.
 */
export type WorkerPattern = { kind: "constant"; value: number } | { kind: "random"; compressPercent?: number };

/** Without anything but a limit: random reads of 8 LBAs over the whole namespace, 64 outstanding. */
export interface IoWorkerOptions {
  /** Only to be checked: it must be that of the namespace. */
  nsid?: number;
  /** Its number in samples, recorders and miscompares; default: how many this namespace object has started before. */
  worker?: number;
  /**
   * One size, a list (each as often as the others), a range, or weights; default 8 LBAs. Not with `sequence`.
   */
  sizeBytes?: number | number[] | SizeRange | { bytes: number; weight: number }[];
  /** Of the commands at a random place; default 100. Not with `sequence`. */
  randomPercent?: number;
  /** Reads, the others write; default 100. Not with `operations` or `sequence`. */
  readPercent?: number;
  /** Shares of opcodes, as a list or as `{ [name or opcode]: percent }`, instead of `readPercent`. */
  operations?: WorkerOperation[] | Record<string, number> | null;
  /** Replayed once, each command at its time or as soon after it as one of `depth` is free; at most 1 000 000. */
  sequence?: SequenceStep[] | null;
  /** Commands outstanding, exactly; at most one less than the DUT's queue entries; default 64, or as many as these allow. */
  depth?: number;
  /** Class of its queue under weighted round robin: 0 urgent, 1 high, 2 medium, 3 low. */
  priority?: 0 | 1 | 2 | 3;
  /** How it waits on a transport that must be polled: `busy` (the default) or `sleep`, in small steps. */
  polling?: "busy" | "sleep";
  /** Default: the whole namespace. */
  regionStartLba?: bigint;
  regionLbas?: bigint;
  /**
   * Random places are multiples of this from the region's start (default: of the command's size); a list has one for each
   * size. With `stepLbas` it holds for sequential places too.
   */
  alignLbas?: number | number[];
  /**
   * LBAs from one sequential command's place to the next; default: the command's size. 0: always the same place. Below 0:
   * from the region's end downwards. The last command of a lap is cut to fit the region.
   */
  stepLbas?: number | null;
  /**
   * Where the first sequential command begins, inside the region; default: where the region does, or its end. Not
   * with `passes`.
   */
  startLba?: bigint | null;
  /** 100 shares that add up to 10 000, one for each hundredth of the region; needs `randomPercent` 100. */
  distribution?: number[] | null;
  /** Commands a second, evenly spaced, any number above 0; default: as fast as it goes. */
  iops?: number | null;
  /**
   * Limits: whichever is met first ends it. One of these, or `untilPowerLost`, is needed. At a rate (`iops`), and with
   * `sequence`, what was due before `timeMs` is still sent when the worker comes late, for 100 ms at most.
   */
  timeMs?: number | null;
  /** Commands sent, exactly. */
  ioCount?: number | null;
  /** Laps: as many LBAs as the region has, that often. */
  passes?: number | null;
  /** A flush behind so many writes. */
  flushEvery?: number | null;
  /** Check every read against the verify table; stamp every write. Needs `Namespace.openVerifyTable`. */
  verify?: boolean;
  /**
   * Reads wait too until nobody else is at their LBAs, and keep writers away meanwhile: workers with this option never
   * have conflicting commands in flight, their own or another's. Otherwise writers exclude one another, and a read that
   * meets a write may see either version. Needs `verify`.
   */
  exclusive?: boolean;
  /** Not with `verify`: a sector that proves itself has a payload of its own (`VerifyTableOptions.compressPercent`). */
  pattern?: WorkerPattern | null;
  /**
   * On a protected namespace; default `{ action: true }`: the drive makes the tuples and takes them off.
   * Without `action` the worker makes them itself, sends them with its data, and compares all of each that it reads with
   * what it must be, whatever `check` lets the drive compare: a wrong one is a miscompare of kind `protection-information`.
   * `referenceTag` is for type 3; on types 1 and 2 it is the low part of each sector's LBA. `storageTag` is that of all
   * sectors, of which the worker compares the bits of `storageMask`.
   */
  protection?: ProtectionOptions;
  /**
   * Placement identifiers of what it writes (writes, zeroes, "write uncorrectable") under Flexible Data Placement: one, a list
   * (each as often as the others), or weights; by the seed, and without a change to places and opcodes.
   */
  placement?: number | number[] | { identifier: number; weight: number }[] | null;
  /** Leaves LBAs out that the verify table has as written uncorrectable; a command on both sides of such becomes two. */
  skipUncorrectable?: boolean;
  /** So many of the newest commands are told in the result; at most 1 048 576. */
  lastCommands?: number;
  /** Default: `stop`. */
  onError?: ErrorAction;
  /** Single statuses that are treated otherwise than `onError` says. */
  onStatus?: { sct: number; sc: number; action: ErrorAction }[];
  /** No limit of its own: it runs until the power goes, or `stop`. */
  untilPowerLost?: boolean;
  /** Of places, sizes, opcodes and data, 64 bits; default: a fresh one, that `IoWorker.seed` tells. */
  seed?: bigint;
  /** Interval of samples, ms; default 1000. */
  sampleMs?: number;
  /** Interval of histogram deltas, ms; default 60 000; the rest comes at the end. */
  histogramMs?: number;
}
