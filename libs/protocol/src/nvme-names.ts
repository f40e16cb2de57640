/**
 * Names of the opcodes of NVMe Base 2.0 (figure 138), NVM Command Set 1.0 (figure 21) and Key Value Command Set 1.0 (figure 6),
 * and of common statuses.
 */
export type NvmeCommandSet = "admin" | "io" | "key-value";

const NAMES: Record<NvmeCommandSet, Record<number, string>> = {
  admin: {
    0: "Delete I/O Submission Queue",
    1: "Create I/O Submission Queue",
    2: "Get Log Page",
    4: "Delete I/O Completion Queue",
    5: "Create I/O Completion Queue",
    6: "Identify",
    8: "Abort",
    9: "Set Features",
    10: "Get Features",
    12: "Asynchronous Event Request",
    13: "Namespace Management",
    16: "Firmware Commit",
    17: "Firmware Image Download",
    20: "Device Self-test",
    21: "Namespace Attachment",
    24: "Keep Alive",
    25: "Directive Send",
    26: "Directive Receive",
    28: "Virtualization Management",
    29: "NVMe-MI Send",
    30: "NVMe-MI Receive",
    32: "Capacity Management",
    36: "Lockdown",
    124: "Doorbell Buffer Config",
    127: "Fabrics Commands",
    128: "Format NVM",
    129: "Security Send",
    130: "Security Receive",
    132: "Sanitize",
    134: "Get LBA Status",
  },
  io: {
    0: "Flush",
    1: "Write",
    2: "Read",
    4: "Write Uncorrectable",
    5: "Compare",
    8: "Write Zeroes",
    9: "Dataset Management",
    12: "Verify",
    13: "Reservation Register",
    14: "Reservation Report",
    17: "Reservation Acquire",
    18: "I/O Management Receive",
    21: "Reservation Release",
    25: "Copy",
    29: "I/O Management Send",
    121: "Zone Management Send",
    122: "Zone Management Receive",
    125: "Zone Append",
  },
  "key-value": {
    0: "Flush",
    1: "Store",
    2: "Retrieve",
    6: "List",
    13: "Reservation Register",
    14: "Reservation Report",
    16: "Delete",
    17: "Reservation Acquire",
    20: "Exist",
    21: "Reservation Release",
  },
};
/** Where the vendor specific opcodes of a set begin. */
const VENDOR: Record<NvmeCommandSet, number> = { admin: 0xc0, io: 0x80, "key-value": 0x80 };

/** `Identify`, `Vendor specific` or `Unknown`. */
export function nvmeCommandName(opcode: number, set: NvmeCommandSet): string {
  return NAMES[set][opcode] ?? (opcode >= VENDOR[set] ? "Vendor specific" : "Unknown");
}

/** By `sct << 8 | sc` (NVMe Base 2.0, figures 94 to 103). */
const STATUSES: Record<number, string> = {
  0: "Successful Completion",
  1: "Invalid Command Opcode",
  2: "Invalid Field in Command",
  3: "Command ID Conflict",
  4: "Data Transfer Error",
  5: "Commands Aborted due to Power Loss Notification",
  6: "Internal Error",
  7: "Command Abort Requested",
  8: "Command Aborted due to SQ Deletion",
  11: "Invalid Namespace or Format",
  12: "Command Sequence Error",
  19: "PRP Offset Invalid",
  28: "Sanitize Failed",
  29: "Sanitize In Progress",
  32: "Namespace is Write Protected",
  41: "FDP Disabled",
  42: "Invalid Placement Handle List",
  128: "LBA Out of Range",
  129: "Capacity Exceeded",
  130: "Namespace Not Ready",
  132: "Format In Progress",
  133: "Invalid Value Size",
  134: "Invalid Key Size",
  135: "KV Key Does Not Exist",
  136: "Unrecovered Error",
  137: "Key Exists",
  256: "Completion Queue Invalid",
  257: "Invalid Queue Identifier",
  258: "Invalid Queue Size",
  259: "Abort Command Limit Exceeded",
  261: "Asynchronous Event Request Limit Exceeded",
  262: "Invalid Firmware Slot",
  263: "Invalid Firmware Image",
  264: "Invalid Interrupt Vector",
  265: "Invalid Log Page",
  266: "Invalid Format",
  267: "Firmware Activation Requires Conventional Reset",
  268: "Invalid Queue Deletion",
  269: "Feature Identifier Not Saveable",
  270: "Feature Not Changeable",
  271: "Feature Not Namespace Specific",
  272: "Firmware Activation Requires NVM Subsystem Reset",
  273: "Firmware Activation Requires Controller Level Reset",
  275: "Firmware Activation Prohibited",
  276: "Overlapping Range",
  277: "Namespace Insufficient Capacity",
  285: "Device Self-test In Progress",
  300: "Invalid I/O Command Set",
  384: "Conflicting Attributes",
  385: "Invalid Protection Information",
  386: "Attempted Write to Read Only Range",
  640: "Write Fault",
  641: "Unrecovered Read Error",
  642: "End-to-end Guard Check Error",
  643: "End-to-end Application Tag Check Error",
  644: "End-to-end Reference Tag Check Error",
  645: "Compare Failure",
  646: "Access Denied",
  647: "Deallocated or Unwritten Logical Block",
};
/** By `sc` under status code type 7, where our side gave it (native/core/nvme_spec.h of nvme-native). */
const LOCAL: Record<number, string> = {
  128: "timed out at our side",
  129: "wrong data",
  130: "cut off by reset, power loss or close",
  131: "after the deadline",
};

/** @param local our side completed the command, not the drive */
export function nvmeStatusName(sct: number, sc: number, local: boolean): string {
  if (local) return LOCAL[sc] ?? "ended at our side";
  if (sct === 7) return "Vendor specific";
  return STATUSES[(sct << 8) | sc] ?? "a status that has no name here";
}
