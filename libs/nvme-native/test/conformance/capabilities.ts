/** Words that a behaviour can need, each with the question that it is to a drive (NVMe Base 2.0, figure 275). */
import { type Controller, type ControllerIdentity, field, NvmeError } from "../../src";
import type { OpenDrive } from "./open-drive";

type Probe = (drive: OpenDrive) => Promise<string | null>;

const oacs =
  (bit: number, name: string): Probe =>
  async ({ controller }) =>
    (controller.identity.oacs >> bit) & 1 ? null : `OACS.${bit} is 0: the drive has no ${name}`;
const oncs =
  (bit: number, name: string): Probe =>
  async ({ controller }) =>
    (controller.identity.oncs >> bit) & 1 ? null : `ONCS.${bit} is 0: the drive has no ${name}`;
const identity =
  (has: (page: ControllerIdentity) => boolean, reason: string): Probe =>
  async ({ controller }) =>
    has(controller.identity) ? null : reason;
const sanicap =
  (bit: number, name: string): Probe =>
  async ({ controller }) =>
    (field(controller.identity.raw, 331, 328) >> BigInt(bit)) & 1n ? null : `SANICAP.${bit} is 0: no ${name}`;
const cap =
  (bits: bigint, wanted: (value: bigint) => boolean, reason: string): Probe =>
  async ({ controller }) => {
    const value = await register(controller);
    return value === null || !wanted(value & bits) ? reason : null;
  };

async function register(controller: Controller): Promise<bigint | null> {
  try {
    return await controller.readRegister(0, 8);
  } catch (reason) {
    if (reason instanceof NvmeError && reason.code === "ERR_UNSUPPORTED") return null;
    throw reason;
  }
}

const PROBES = {
  security: oacs(0, "Security Send and Receive"),
  format: oacs(1, "Format NVM"),
  firmware: oacs(2, "firmware commands"),
  "namespace-management": oacs(3, "namespace management"),
  "self-test": oacs(4, "device self-test"),
  directives: oacs(5, "directives"),
  "management-interface": oacs(6, "management interface commands"),
  compare: oncs(0, "Compare"),
  "write-uncorrectable": oncs(1, "Write Uncorrectable"),
  deallocate: oncs(2, "Dataset Management"),
  "write-zeroes": oncs(3, "Write Zeroes"),
  verify: oncs(7, "Verify"),
  copy: oncs(8, "Copy"),
  "volatile-cache": identity((page) => page.vwc, "VWC is 0: no volatile cache"),
  "power-states": identity((page) => page.raw[263]! > 0, "NPSS is 0: one power state only"),
  "host-memory-buffer": identity((page) => field(page.raw, 275, 272) > 0n, "HMPRE is 0: no host memory buffer"),
  "sanitize-crypto-erase": sanicap(0, "crypto erase"),
  "sanitize-block-erase": sanicap(1, "block erase"),
  "sanitize-overwrite": sanicap(2, "overwrite"),
  "persistent-events": identity((page) => (page.raw[261]! & 0x10) !== 0, "LPA.4 is 0: no persistent event log"),
  "extended-formats": identity((page) => (page.raw[97]! & 0x80) !== 0, "CTRATT.15 is 0: no extended LBA formats"),
  "endurance-groups": identity((page) => (page.raw[96]! & 0x10) !== 0, "CTRATT.4 is 0: no endurance groups"),
  nssr: cap(1n << 36n, (value) => value !== 0n, "CAP.NSSRS is 0 or hidden: no NVM subsystem reset"),
  wrr: cap(1n << 17n, (value) => value !== 0n, "CAP.AMS is 0 or hidden: no weighted round robin"),
  "two-lba-formats": async ({ ns }) =>
    ns.identity.lbaFormats.length > 1 ? null : "NLBAF is 0: the namespace has one LBA format",
  metadata: async ({ ns }) =>
    ns.identity.lbaFormats.some((format) => format.metadataBytes > 0) ? null : "no LBA format has metadata",
  "smart-log": async ({ controller }) => {
    const { completion } = await controller.getLogPage(2, 512);
    return completion.sct === 0 && completion.sc === 0 ? null : "the drive has no SMART log";
  },
  "effects-log": async ({ controller }) => {
    const { completion } = await controller.getLogPage(5, 4096);
    return completion.sct === 0 && completion.sc === 0 ? null : "the drive has no log of supported commands";
  },
  "power-switch": async ({ controller: { address } }) =>
    address.transport === "model" || address.transport === "spdk-pcie"
      ? null
      : "a target that is ended loses what its drives hold: that is no power cut",
} satisfies Record<string, Probe>;

export type Capability = keyof typeof PROBES;

/** Why the drive cannot show what needs these words; null when it can. */
export async function whyNot(needs: Capability[], drive: OpenDrive): Promise<string | null> {
  for (const word of needs) {
    const reason = await PROBES[word](drive);
    if (reason !== null) return reason;
  }
  return null;
}
