/** What a machine can do to a PCIe function without a hand at it, by the kernel's files: its slot's power, its place on the bus. */

import { execFile } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { legacyList } from "../../src/pcie/pcie";

const BUS = "/sys/bus/pci";
const EXPRESS = 0x10;
const SLOT_CONTROL = 0x18;
/** Power Controller Control: 1 is off. */
const POWER_OFF = 1 << 10;
const SLOT_STATUS = 0x1a;
/** Presence Detect State. */
const PRESENT = 1 << 6;

const folderOf = (address: string) => `${BUS}/devices/${address}`;

/** The root port above a function that the kernel knows. */
const portOf = (address: string): string => basename(dirname(realpathSync(folderOf(address))));

/** A register of 16 bits of a port's PCI Express capability; with `change` that is written afterwards. */
function portRegister(port: string, register: number, change?: (value: number) => number): number {
  const file = openSync(`${folderOf(port)}/config`, "r+");
  try {
    const space = Buffer.alloc(256);
    readSync(file, space, 0, space.length, 0);
    const at = legacyList(space).find(({ id }) => id === EXPRESS)!.offset + register;
    const value = space.readUInt16LE(at);
    if (change === undefined) return value;
    space.writeUInt16LE(change(value), at);
    writeSync(file, space, at, 2, at);
    return value;
  } finally {
    closeSync(file);
  }
}

/** The power of a root port's slot, switched behind the kernel's back. */
export function switchSlot(port: string, power: "on" | "off"): void {
  portRegister(port, SLOT_CONTROL, (control) => (power === "off" ? control | POWER_OFF : control & ~POWER_OFF));
}

export const slotPower = (port: string): "on" | "off" =>
  (portRegister(port, SLOT_CONTROL) & POWER_OFF) === 0 ? "on" : "off";

/** Whether something is plugged into a root port's slot. */
export const isOccupied = (port: string): boolean => (portRegister(port, SLOT_STATUS) & PRESENT) !== 0;

/**
 * Takes the power from a function's slot, behind the kernel's back: nothing answers there from now on.
 * @returns gives it power again; the function is as after a cold boot then
 */
export function cutSlot(address: string): () => void {
  const port = portOf(address);
  switchSlot(port, "off");
  return () => switchSlot(port, "on");
}

/** The kernel asks whoever has the function to let it go, and takes it from the bus; ends when it is gone. */
export async function removeFromBus(address: string): Promise<void> {
  // Not by this thread: the kernel waits for the process that has it.
  await promisify(execFile)("/bin/sh", ["-c", `echo 1 > ${folderOf(address)}/remove`]);
}

/** Finds what was removed, and gives it to `driver`. @throws when it is not there */
export function rescan(address: string, driver: string): void {
  writeFileSync(`${BUS}/rescan`, "1");
  bind(address, driver);
}

export function bind(address: string, driver: string): void {
  const folder = folderOf(address);
  if (!existsSync(folder)) throw new Error(`the kernel knows no ${address}`);
  writeFileSync(`${folder}/driver_override`, driver);
  if (existsSync(`${folder}/driver`)) writeFileSync(`${folder}/driver/unbind`, address);
  writeFileSync(`${BUS}/drivers_probe`, address);
  const bound = existsSync(`${folder}/driver`) ? basename(readlinkSync(`${folder}/driver`)) : "nothing";
  if (bound !== driver) throw new Error(`${driver} did not take ${address}: ${bound} has it`);
}

export function driverOf(address: string): string {
  return basename(readlinkSync(`${folderOf(address)}/driver`));
}
