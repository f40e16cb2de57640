/** Where a drive is found, and how it is opened. */

/** One entry of a discovery log page (NVMe over Fabrics 1.1, 5.3). */
export interface DiscoveredSubsystem {
  /** "TCP", "RDMA" and the like. */
  transport: string;
  /** "IPv4" or "IPv6". */
  family: string;
  address: string;
  /** The port. */
  service: string;
  nqn: string;
  /** Another discovery service, not a subsystem with drives. */
  discovery: boolean;
}

/** A subsystem behind NVMe/TCP; `Tcp` makes one. */
export interface TcpAddress {
  transport: "spdk-tcp";
  /** IPv4 or IPv6. */
  address: string;
  port: number;
  /** null: the first NVM subsystem that discovery returns. */
  nqn: string | null;
  /** Default: SPDK's own, made of the host's UUID. */
  hostNqn?: string | null;
  /** CRC32C over each PDU's header, and over its data. */
  headerDigest?: boolean;
  dataDigest?: boolean;
}

/**
 * `path` of `model`: the drive's file; of `spdk-vfio-user`: the target's folder. `address`: 0000:01:00.0 or 01:00.0.
 */
export type TransportAddress =
  | { transport: "model"; path: string }
  | { transport: "spdk-pcie"; address: string }
  | TcpAddress
  | { transport: "spdk-vfio-user"; path: string };

/** The longest time a command may be given, ms. */
export const MAX_TIMEOUT_MS = 3_600_000;

/** SPDK touches the devices whose addresses were given; nothing else is probed. */
export interface OpenOptions {
  /**
   * Directory for flight-recorder files, `<qid>.cmdlog` each, beside it `.1` and `.2` of the two queues that had the id
   * before; null records in anonymous memory only. Each open controller needs one of its own: ERR_LOCKED.
   */
  cmdlogDir?: string | null;
  /** Entries of each ring, a power of two, at least 2048. */
  cmdlogEntries?: number;
  /** A command older than this is completed locally (sct 7h, sc 80h "timed out", cdw0 all ones), ms; default 10 000. */
  timeoutMs?: number;
}
