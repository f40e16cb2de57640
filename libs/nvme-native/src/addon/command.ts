/** A command and its data as the addon is told of them. */

export type NativeHandle = { readonly opaque: unique symbol };
export type NativeDirection = "from-device" | "to-device" | "none";

export interface NativeCommand {
  opcode: number;
  nsid: number;
  cdw2?: number;
  cdw3?: number;
  cdw10: number;
  cdw11: number;
  cdw12: number;
  cdw13: number;
  cdw14: number;
  cdw15: number;
  /** Addresses of lent memory, for commands without data of their own. */
  prp1?: bigint;
  prp2?: bigint;
  mptr?: bigint;
  fuse?: number;
}

/** An array is copied; a view of memory that `createBuffer` made is not. */
export type NativeData = Uint8Array | { memory: NativeHandle; offset: number; bytes: number };
