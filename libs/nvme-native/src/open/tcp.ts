/** Where a drive is behind NVMe/TCP, and what else is there. A `Tcp` is an address for `driver.open`. */
import { isIP } from "node:net";
import { addon, type NativeAddress, settle } from "../addon/addon";
import { flag, integer, object, refuse, text } from "../check";
import { type DiscoveredSubsystem, MAX_TIMEOUT_MS, type TcpAddress } from "./address";

const DEFAULT_TCP_PORT = 4420;
const MAX_NQN_LENGTH = 223;
const DEFAULT_DISCOVERY_MS = 10_000;
const KEYS = ["transport", "address", "port", "nqn", "hostNqn", "headerDigest", "dataDigest"];

function ip(name: string, value: unknown): string {
  const address = text(name, value, 256);
  if (isIP(address) === 0) refuse(`${name} is ${JSON.stringify(address)}, it must be an IPv4 or IPv6 address`);
  return address;
}

function nqn(name: string, value: string | null | undefined): string {
  return value === null || value === undefined ? "" : text(name, value, MAX_NQN_LENGTH);
}

export function checkTcp(value: TcpAddress): NativeAddress {
  object("address", value, KEYS);
  return {
    transport: value.transport,
    address: ip("address.address", value.address),
    port: integer("address.port", value.port, 1, 65_535),
    nqn: nqn("address.nqn", value.nqn),
    hostNqn: nqn("address.hostNqn", value.hostNqn),
    headerDigest: flag("address.headerDigest", value.headerDigest ?? false),
    dataDigest: flag("address.dataDigest", value.dataDigest ?? false),
  };
}

/** `port`: default 4420. `nqn`: default the first one discovered. Digests: default off. */
export interface TcpOptions {
  port?: number;
  nqn?: string | null;
  hostNqn?: string | null;
  headerDigest?: boolean;
  dataDigest?: boolean;
}

/** @throws ERR_UNSUPPORTED without SPDK, ERR_OPEN where no discovery controller answers. */
export async function discover(
  target: { address: string; port?: number },
  options: { timeoutMs?: number } = {},
): Promise<DiscoveredSubsystem[]> {
  const where = object<typeof target>("target", target, ["address", "port"]);
  const o = object<typeof options>("options", options, ["timeoutMs"]);
  const address = ip("target.address", where.address);
  const port = integer("target.port", where.port ?? DEFAULT_TCP_PORT, 1, 65_535);
  const timeoutMs = integer("timeoutMs", o.timeoutMs ?? DEFAULT_DISCOVERY_MS, 1, MAX_TIMEOUT_MS);
  return settle(addon().discover({ address, port }, timeoutMs));
}

/** An address with its settings. @throws ERR_ARGUMENT */
export class Tcp implements TcpAddress {
  readonly transport = "spdk-tcp";
  readonly port: number;
  readonly nqn: string | null;
  readonly hostNqn: string | null;
  readonly headerDigest: boolean;
  readonly dataDigest: boolean;

  constructor(
    readonly address: string,
    options: TcpOptions = {},
  ) {
    const o = object<TcpOptions>("options", options, KEYS.slice(2));
    this.port = o.port ?? DEFAULT_TCP_PORT;
    this.nqn = o.nqn ?? null;
    this.hostNqn = o.hostNqn ?? null;
    this.headerDigest = o.headerDigest ?? false;
    this.dataDigest = o.dataDigest ?? false;
    checkTcp(this);
  }

  /** The subsystems that the target offers at this address. */
  discover(options?: { timeoutMs?: number }): Promise<DiscoveredSubsystem[]> {
    return discover({ address: this.address, port: this.port }, options);
  }

  /** The same target and settings, one of its subsystems. */
  subsystem(name: string): Tcp {
    const { port, hostNqn, headerDigest, dataDigest } = this;
    return new Tcp(this.address, { port, hostNqn, headerDigest, dataDigest, nqn: name });
  }
}
