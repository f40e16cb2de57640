/** The PCI Express side of a drive: configuration space, capabilities, resets, link and power states, MSI-X. */

import { addon, settle } from "../addon/addon";
import type { NativeHandle } from "../addon/command";
import { BareDevice, type Bus } from "../bare/bare-device";
import { bytes as checkBytes, integer, oneOf, refuse } from "../check";
import { NvmeError } from "../nvme-error";
import { Msix } from "./msix";

const CONFIG_BYTES = 4096;
const CAPABILITY_POINTER = 0x34;
const FIRST_EXTENDED = 0x100;
/** More cannot fit into the space: a list that is longer runs in a circle. */
const MAX_CAPABILITIES = 48;
const MAX_EXTENDED = 960;
const POWER = 0x01;
const EXPRESS = 0x10;
const MSIX = 0x11;
/** Conventional reset and FLR: so long no request (PCIe Base, 6.6); D3hot to D0 (PCI PM 1.2, 5.6.1). */
const RESET_MS = 100;
const POWER_STATE_MS = 10;
const DEVCAP_FLR = 1 << 28;
const DEVCTL_FLR = 1 << 15;
/** What a reset takes and the host gives back: offset in the header, or in a capability. The command register is last. */
const KEPT: { capability?: number; offset: number; bytes: number }[] = [
  { offset: 0x0c, bytes: 1 },
  { offset: 0x10, bytes: 24 },
  { offset: 0x3c, bytes: 1 },
  { capability: EXPRESS, offset: 8, bytes: 2 },
  { capability: EXPRESS, offset: 16, bytes: 2 },
  { capability: EXPRESS, offset: 40, bytes: 2 },
  { capability: MSIX, offset: 2, bytes: 2 },
  { offset: 0x04, bytes: 2 },
];

/** One function. Every method is ERR_UNSUPPORTED, with transport and reason, where there is none. */
export class Pcie {
  readonly #device: BareDevice;
  readonly #use: () => NativeHandle;
  readonly #transport: string;

  /** Over any controller, also one of `driver.openBare`. Without configuration space every method is ERR_UNSUPPORTED. */
  constructor(controller: Bus) {
    this.#device = new BareDevice(controller);
    this.#use = () => (controller as Bus & { use(): NativeHandle }).use();
    this.#transport = controller.address.transport;
  }

  /** `bytes` bytes of the 4096 from `offset` on. @throws ERR_GONE, ERR_UNSUPPORTED naming transport and reason */
  async readConfig(offset: number, bytes: number): Promise<Buffer> {
    integer("offset", offset, 0, CONFIG_BYTES - 1);
    integer("bytes", bytes, 1, CONFIG_BYTES - offset);
    const data = await settle(addon().readConfig(this.#use(), offset, bytes));
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }

  /** All of `data` from `offset` on. @throws as `readConfig` */
  async writeConfig(offset: number, data: Uint8Array): Promise<void> {
    integer("offset", offset, 0, CONFIG_BYTES - 1);
    checkBytes("data", data, 1, CONFIG_BYTES - offset);
    await settle(addon().writeConfig(this.#use(), offset, data));
  }

  /** A little endian field of 1, 2 or 4 bytes; `offset` a multiple of them. */
  async field(offset: number, bytes: 1 | 2 | 4): Promise<number> {
    checkField(offset, bytes);
    return (await this.readConfig(offset, bytes)).readUIntLE(0, bytes);
  }

  /** As `field`. */
  async setField(offset: number, bytes: 1 | 2 | 4, value: number): Promise<void> {
    checkField(offset, bytes);
    const data = Buffer.alloc(bytes);
    data.writeUIntLE(integer("value", value, 0, 2 ** (8 * bytes) - 1), 0, bytes);
    await this.writeConfig(offset, data);
  }

  /** Ids and offsets of the capability list (below 100h) or of the extended one, in the order of the list. */
  async capabilities(list: "legacy" | "extended" = "legacy"): Promise<{ id: number; offset: number }[]> {
    oneOf("list", list, ["legacy", "extended"]);
    const space = await this.readConfig(0, CONFIG_BYTES);
    return list === "legacy" ? legacyList(space) : extendedList(space);
  }

  /** Offset of a capability, or null. */
  async capability(id: number): Promise<number | null> {
    integer("id", id, 0, 0xff);
    return (await this.capabilities()).find((capability) => capability.id === id)?.offset ?? null;
  }

  /** Offset of an extended capability (100h and on), or null. */
  async extendedCapability(id: number): Promise<number | null> {
    integer("id", id, 0, 0xffff);
    return (await this.capabilities("extended")).find((capability) => capability.id === id)?.offset ?? null;
  }

  /**
   * Hot reset; `how` does it where the host cannot (a bridge, a script of the lab). The configuration space is as before
   * afterwards; the controller needs its `reset` then, MSI-X its `enable`.
   */
  async reset(how?: () => Promise<void> | void): Promise<void> {
    if (how !== undefined && typeof how !== "function") refuse("how must be a function");
    await this.#keeping(async () => {
      if (how === undefined) await settle(addon().hotReset(this.#use()));
      else await how();
    });
  }

  /** Function level reset; afterwards as after `reset`. @throws ERR_UNSUPPORTED when the function has none. */
  async flr(): Promise<void> {
    const express = await this.#need(EXPRESS, "PCI Express");
    if (((await this.field(express + 4, 4)) & DEVCAP_FLR) === 0)
      throw this.#unsupported("DevCap bit 28 is 0: the function has no function level reset");
    await this.#keeping(async () => {
      const control = await this.field(express + 8, 2);
      await this.setField(express + 8, 2, control | DEVCTL_FLR);
    });
  }

  /** Link Control 1:0. 0 off, 1 L0s, 2 L1, 3 both. */
  async aspm(): Promise<number> {
    return (await this.field((await this.#need(EXPRESS, "PCI Express")) + 16, 2)) & 3;
  }

  /** @throws ERR_UNSUPPORTED when the drive does not take it: the bits may be read-only */
  async setAspm(state: number): Promise<void> {
    integer("state", state, 0, 3);
    const at = (await this.#need(EXPRESS, "PCI Express")) + 16;
    await this.setField(at, 2, ((await this.field(at, 2)) & ~3) | state);
    const kept = await this.aspm();
    if (kept !== state) throw this.#unsupported(`the drive keeps ASPM ${kept}, it does not take ${state}`);
  }

  /** PMCSR 1:0. 0 is D0, 3 is D3hot. */
  async powerState(): Promise<number> {
    return (await this.field((await this.#need(POWER, "power management")) + 4, 2)) & 3;
  }

  /** In any state but D0 the drive does nothing and its BAR reads all ones. @throws ERR_UNSUPPORTED when it stays out. */
  async setPowerState(state: number): Promise<void> {
    integer("state", state, 0, 3);
    const at = (await this.#need(POWER, "power management")) + 4;
    await this.setField(at, 2, ((await this.field(at, 2)) & ~3) | state);
    await sleep(POWER_STATE_MS);
    const now = await this.powerState();
    if (now !== state) throw this.#unsupported(`the function does not enter D${state}: it is in D${now}`);
  }

  /** Its interrupts. @throws ERR_UNSUPPORTED without MSI-X, or where the table cannot be reached. */
  async msix(): Promise<Msix> {
    const at = await this.#need(MSIX, "MSI-X");
    const table = await this.field(at + 4, 4);
    const pending = await this.field(at + 8, 4);
    if ((table & 7) !== 0 || (pending & 7) !== 0)
      throw this.#unsupported(`the MSI-X table is in BAR ${table & 7}: BAR 0 alone is reached`);
    const vectors = ((await this.field(at + 2, 2)) & 0x7ff) + 1;
    const space = {
      field: (offset: number, bytes: 2) => this.field(offset, bytes),
      setField: (offset: number, bytes: 2, value: number) => this.setField(offset, bytes, value),
      unsupported: (reason: string) => this.#unsupported(reason),
    };
    return new Msix(space, this.#device, { capability: at, table: table & ~7, pending: pending & ~7, vectors });
  }

  #unsupported(reason: string): NvmeError {
    return new NvmeError("ERR_UNSUPPORTED", `${this.#transport}: ${reason}`);
  }

  async #need(id: number, name: string): Promise<number> {
    const at = await this.capability(id);
    if (at === null) throw this.#unsupported(`the function has no ${name} capability (${id})`);
    return at;
  }

  async #keeping(reset: () => Promise<void>): Promise<void> {
    const kept: { offset: number; data: Buffer }[] = [];
    for (const { capability, offset, bytes } of KEPT) {
      const base = capability === undefined ? 0 : await this.capability(capability);
      if (base !== null) kept.push({ offset: base + offset, data: await this.readConfig(base + offset, bytes) });
    }
    await reset();
    await sleep(RESET_MS);
    for (const { offset, data } of kept) await this.writeConfig(offset, data);
  }
}

function checkField(offset: number, bytes: 1 | 2 | 4): void {
  oneOf("bytes", bytes, [1, 2, 4]);
  integer("offset", offset, 0, CONFIG_BYTES - bytes);
  if (offset % bytes !== 0) refuse(`offset is ${offset}, it must be a multiple of ${bytes}`);
}

/** Pure: the list that begins at 34h; it ends at a pointer below 40h and after 48 steps. */
export function legacyList(space: Buffer): { id: number; offset: number }[] {
  const found: { id: number; offset: number }[] = [];
  let at = space[CAPABILITY_POINTER]! & 0xfc;
  while (at >= 0x40 && found.length < MAX_CAPABILITIES) {
    found.push({ id: space[at]!, offset: at });
    at = space[at + 1]! & 0xfc;
  }
  return found;
}

/** Pure: the list that begins at 100h. */
function extendedList(space: Buffer): { id: number; offset: number }[] {
  const found: { id: number; offset: number }[] = [];
  let at = FIRST_EXTENDED;
  while (at >= FIRST_EXTENDED && at <= CONFIG_BYTES - 4 && found.length < MAX_EXTENDED) {
    const header = space.readUInt32LE(at);
    if (header === 0 || header === 0xffff_ffff) break;
    found.push({ id: header & 0xffff, offset: at });
    at = (header >>> 20) & 0xffc;
  }
  return found;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
