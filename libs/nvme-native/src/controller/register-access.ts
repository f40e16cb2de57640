/** Registers of BAR0: offsets are checked before the device is touched. */

import { addon, type NativeLimits, settle } from "../addon/addon";
import type { NativeHandle } from "../addon/command";
import { big, integer, oneOf, refuse, U32, U64 } from "../check";

function check(limits: Pick<NativeLimits, "barBytes">, offset: number, size: 4 | 8): void {
  oneOf("bytes", size, [4, 8]);
  integer("offset", offset, 0, limits.barBytes - size);
  if (offset % size !== 0) refuse(`offset is ${offset}, it must be a multiple of ${size}`);
}

/** @throws ERR_GONE when the device answers all ones. */
export async function readRegister(
  handle: NativeHandle,
  limits: Pick<NativeLimits, "barBytes">,
  offset: number,
  size: 4 | 8,
): Promise<bigint> {
  check(limits, offset, size);
  return settle(addon().readRegister(handle, offset, size));
}

export async function writeRegister(
  handle: NativeHandle,
  limits: Pick<NativeLimits, "barBytes">,
  offset: number,
  value: bigint,
  size: 4 | 8,
): Promise<void> {
  check(limits, offset, size);
  big("value", value, 0n, size === 8 ? U64 : BigInt(U32));
  return settle(addon().writeRegister(handle, offset, size, value));
}
