/** A command and what the drive says to it. */

/** NVMe completion queue entry, as a value. Status `sct/sc` per NVM Express Base 2.0, section 4.2.3. */
export interface Completion {
  cdw0: number;
  /** Dword 1, where the drive has something to say in it (Zone Append). */
  cdw1?: number;
  /** Status code type and status code; both 0: success. Type 7 is our side's (`LOCAL_STATUS`). */
  sct: number;
  sc: number;
  /** Do not retry. */
  dnr: boolean;
  /** The error log has more to say. */
  more: boolean;
  /** Completed by our side (timeout, reset, power loss) and not by the drive. */
  local: boolean;
  /** From the submission to the completion as this process saw it, ns. */
  latencyNs: number;
  /** Command identifier; absent when `local`. */
  cid?: number;
  /** The whole entry; absent when `local`. A driver below may keep SQ head, SQ id and phase (0 then) to itself. */
  dwords?: [number, number, number, number];
}

/** A command as its dwords; what is not given is 0, the nsid of an I/O command that of its namespace. */
export interface RawCommand {
  opcode: number;
  /** Fused operation, CDW0 9:8: 1 the first command, 2 the second, which must be sent right behind it. */
  fuse?: number;
  nsid?: number;
  cdw2?: number;
  cdw3?: number;
  cdw10?: number;
  cdw11?: number;
  cdw12?: number;
  cdw13?: number;
  cdw14?: number;
  cdw15?: number;
  /** Addresses of `DmaMemory`, for a command without `data`; ERR_UNSUPPORTED where no memory can be lent. */
  prp1?: bigint;
  prp2?: bigint;
  mptr?: bigint;
}
