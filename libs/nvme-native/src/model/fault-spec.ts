/** Defects that are planted into a software drive. */

/**
 * When, where and how often a defect shows. All conditions must hold. A candidate is a command; for defects of data an LBA
 * that was written, or a part of a value that was stored; for `slow-ready` and `failed-activation` a bring-up,
 * for `torn-at-power-loss` a power loss, for `torn-read` a read that meets two LBAs or more of a write on its way.
 */
export interface ModelFaultRule {
  /** `after...`: so many since the drive was made. An opcode means what it does to the namespace: 01h is Write and Store. */
  when?: { afterCommands?: number; afterWrites?: number; opcode?: number };
  /** `slba` as decimal text; commands about keys are nowhere. Default: everywhere. */
  where?: { slba: string; lbaCount: number };
  /** Default: once; without end where `everyNth` or `probability` is given. */
  times?: number;
  /** Of the candidates. */
  everyNth?: number;
  /** Of each candidate, above 0 and up to 1; seeded. */
  probability?: number;
  seed?: number;
}

/** A defect of a software drive: what it does, and the rule of when, where and how often. */
export type ModelFault =
  /** After `afterWrites` write commands since creation, flip a bit in every `everyNth` written LBA inside the region. */
  | { kind: "silent-corruption"; afterWrites: number; everyNth: number }
  /** Flush answers success and makes nothing durable. */
  | { kind: "flush-lies" }
  /** Status on an opcode for LBAs of a range. */
  | { kind: "bad-status"; opcode: number; slba: string; lbaCount: number; sct: number; sc: number; times: number }
  | { kind: "stall"; afterCommands: number; ms: number }
  | { kind: "lost-completion"; afterCommands: number }
  | { kind: "slow-ready"; ms: number }
  /** So many times, firmware that waits for a reset cannot be loaded: the old one stays. */
  | { kind: "failed-activation"; times: number }
  | (ModelFaultRule &
      (
        | { kind: "silent-corruption" | "flush-lies" | "lost-completion" | "failed-activation" }
        /** Ends with this status instead of being executed. */
        | { kind: "bad-status"; sct: number; sc: number }
        /** The whole drive stands still. */
        | { kind: "stall"; ms: number }
        | { kind: "slow-ready"; ms: number }
        /** Of a sector that was just written, so many bits. */
        | { kind: "bit-flip"; bits?: number }
        /** The data of two sectors are exchanged: neighbours in a command, or this one and the one written before it. */
        | { kind: "swapped-lbas" }
        /** The sector keeps what it held before the write. */
        | { kind: "stale-data" }
        /** The first part of the sector is new, the rest is what was there before. */
        | { kind: "torn-write" }
        | { kind: "zeroed-data" }
        /** Executed at once, completed so much later. */
        | { kind: "late-completion"; ms: number }
        | { kind: "duplicate-completion" }
        /** The completion carries a cid that was never sent. */
        | { kind: "wrong-cid" }
        /** CSTS.CFS: nothing more is executed until a controller reset. */
        | { kind: "controller-fatal" }
        /** Out of the slot; back by itself after `ms` (0, the default: when the power is switched on). */
        | { kind: "surprise-removal"; ms?: number }
        /** The medium is rated for so many writes of its whole capacity; behind that sectors fail and the spare goes. */
        | { kind: "wear-out"; driveWrites: number }
        /** At a power loss no write of more than one LBA is atomic, whatever `awupfLbas` says. */
        | { kind: "torn-at-power-loss" }
        /**
         * A read that meets a write on its way finds the first of its LBAs written, the others not yet, whatever AWUN says.
         * `aboveUnit`: only of writes that are longer than the unit in force, which is legal: AWUN, or AWUPF under DN of
         * feature 0Ah.
         */
        | { kind: "torn-read"; aboveUnit?: boolean }
      ));

/** Names of defects. */
export type ModelFaultKind = ModelFault["kind"];

/** What a planted defect has done since the drive was made. */
export interface ModelFaultCount {
  kind: ModelFaultKind;
  /** Candidates that met its conditions. */
  seen: number;
  acted: number;
}
