/** Commands about a controller's resources: virtualization, capacity, lockdown (NVMe Base 2.0, 5.28, 5.3, 5.19), doorbell buffers. */
import { big, flag, integer, object, U64 } from "../check";
import { type AdminCall, word } from "./call";

/** Virtualization Management; what is not given is 0. */
export interface VirtualizationOptions {
  /** 1 primary flexible allocation, 7 secondary offline, 8 secondary assign, 9 secondary online. */
  action: number;
  /** 0 VQ resources, 1 VI resources. */
  resourceType?: number;
  controllerId?: number;
  count?: number;
}

export function virtualizationCall(options: VirtualizationOptions): AdminCall {
  const o = object<VirtualizationOptions>("options", options, ["action", "resourceType", "controllerId", "count"]);
  const low = (integer("resourceType", o.resourceType ?? 0, 0, 7) << 8) | integer("action", o.action, 0, 15);
  const cdw10 = word(integer("controllerId", o.controllerId ?? 0, 0, 0xffff), low);
  return { command: { opcode: 0x1c, cdw10, cdw11: integer("count", o.count ?? 0, 0, 0xffff) } };
}

/** Lockdown; what is not given is 0. */
export interface LockdownOptions {
  /** True: the command or feature is prohibited from now on. */
  prohibit: boolean;
  /** 0 admin command, 2 feature, 3 management interface command, 4 PCIe command. */
  scope: number;
  /** Opcode or feature identifier. */
  identifier: number;
  /** 0 on the drive's own queues, 1 those and out of band, 2 out of band only. */
  interface?: number;
  uuidIndex?: number;
}

export function lockdownCall(options: LockdownOptions): AdminCall {
  const o = object<LockdownOptions>("options", options, ["prohibit", "scope", "identifier", "interface", "uuidIndex"]);
  const cdw10 =
    (integer("identifier", o.identifier, 0, 255) << 8) |
    (integer("interface", o.interface ?? 0, 0, 3) << 5) |
    (flag("prohibit", o.prohibit) ? 0x10 : 0) |
    integer("scope", o.scope, 0, 15);
  return { command: { opcode: 0x24, cdw10, cdw14: integer("uuidIndex", o.uuidIndex ?? 0, 0, 127) } };
}

/** Capacity Management; what is not given is 0. */
export interface CapacityOptions {
  /** 0 select configuration, 1 create endurance group, 2 delete one, 3 create NVM set, 4 delete one. */
  operation: number;
  element?: number;
  /** Bytes of what is created. */
  capacityBytes?: number;
}

export function capacityCall(options: CapacityOptions): AdminCall {
  const o = object<CapacityOptions>("options", options, ["operation", "element", "capacityBytes"]);
  const bytes = integer("capacityBytes", o.capacityBytes ?? 0, 0, Number.MAX_SAFE_INTEGER);
  const command = {
    opcode: 0x20,
    cdw10: word(integer("element", o.element ?? 0, 0, 0xffff), integer("operation", o.operation, 0, 15)),
    cdw11: bytes % 2 ** 32,
    cdw12: Math.floor(bytes / 2 ** 32),
  };
  return { command };
}

/** `shadow` and `events`: addresses of memory that was lent, a page each. */
export function doorbellBufferCall(shadow: bigint, events: bigint): AdminCall {
  const prp1 = big("shadow", shadow, 0n, U64);
  return { command: { opcode: 0x7c, prp1, prp2: big("events", events, 0n, U64) } };
}
