/** Argument checks: each message names the argument, the value and the limit. */
import { NvmeError } from "./nvme-error";

export function refuse(message: string): never {
  throw new NvmeError("ERR_ARGUMENT", message);
}

/** A value as messages show it. */
export function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
  if (typeof value === "function") return "a function";
  if (value !== null && typeof value === "object") return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}

export function integer(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    refuse(`${name} is ${show(value)}, it must be an integer from ${min} to ${max}`);
  }
  return value;
}

export function finite(name: string, value: unknown, above: number, max: number): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= above || value > max) {
    refuse(`${name} is ${show(value)}, it must be a number above ${above} and at most ${max}`);
  }
  return value;
}

export function big(name: string, value: unknown, min: bigint, max: bigint): bigint {
  if (typeof value !== "bigint" || value < min || value > max) {
    refuse(`${name} is ${show(value)}, it must be a bigint from ${min} to ${max}`);
  }
  return value;
}

/** `fallback` gives the value when there is none. */
export function bigOr(name: string, value: unknown, fallback: () => bigint, min: bigint, max: bigint): bigint {
  return value === undefined ? fallback() : big(name, value, min, max);
}

export const U32 = 0xffff_ffff;
export const U64 = 0xffff_ffff_ffff_ffffn;

export function text(name: string, value: unknown, maxLength: number): string {
  if (typeof value !== "string" || value.length === 0 || value.length > maxLength || value.includes("\0")) {
    refuse(`${name} is ${show(value)}, it must be a text of 1 to ${maxLength} characters`);
  }
  return value;
}

/** Printable ASCII, as Identify wants it. */
export function ascii(name: string, value: unknown, maxLength: number): string {
  const checked = text(name, value, maxLength);
  if (!/^[\x20-\x7e]*$/.test(checked)) refuse(`${name} is ${show(value)}, it must be printable ASCII`);
  return checked;
}

export function flag(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") refuse(`${name} is ${show(value)}, it must be true or false`);
  return value;
}

export function oneOf<T extends string | number>(name: string, value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) refuse(`${name} is ${show(value)}, it must be one of ${allowed.join(", ")}`);
  return value as T;
}

/** An object with no keys but the known ones: a misspelt option is not silently ignored. */
export function object<T extends object>(name: string, value: unknown, known: readonly string[]): T {
  if (value === null || typeof value !== "object" || Array.isArray(value) || ArrayBuffer.isView(value)) {
    refuse(`${name} is ${show(value)}, it must be an object`);
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) refuse(`${name} has no option ${show(key)}; it knows ${known.join(", ")}`);
  }
  return value as T;
}

/** What is in the memory, whatever a class of the script's own says. */
const REAL_LENGTH = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "byteLength")!.get!;

export function bytes(name: string, value: unknown, min: number, max: number): Uint8Array {
  // A typed array of another realm (a vm context) is one as well.
  const isBytes = ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
  if (!isBytes) refuse(`${name} is ${show(value)}, it must be a Uint8Array`);
  const array = value as Uint8Array;
  const real: number = REAL_LENGTH.call(array);
  if (array.byteLength !== real) refuse(`${name} says that it has ${array.byteLength} bytes, it has ${real}`);
  if (array.byteLength < min || array.byteLength > max) {
    refuse(`${name} has ${array.byteLength} bytes, it must have ${min} to ${max}`);
  }
  return array;
}

/** An object of another class of this driver, told by what it has; a class would not do, tests and scripts may bring their own. */
export function having<T extends object>(name: string, value: T, members: readonly (keyof T & string)[]): T {
  const given: unknown = value;
  if (typeof given !== "object" || given === null) refuse(`${name} is ${shownKind(given)}, it must be an object`);
  for (const member of members)
    if (value[member] === undefined) refuse(`${name} has no ${member}: it is not what it must be`);
  return value;
}

/** An array whose elements are objects with numbers at `members`, or numbers themselves where there are none. */
export function numbersIn(name: string, value: unknown, members: readonly string[] = []): void {
  if (!Array.isArray(value)) refuse(`${name} is ${shownKind(value)}, it must be an array`);
  value.forEach((element: unknown, i) => {
    const numbers = members.map(
      (member) => having(`${name}[${i}]`, element as Record<string, unknown>, [member])[member],
    );
    for (const number of members.length === 0 ? [element] : numbers)
      if (typeof number !== "number") refuse(`${name}[${i}] is ${shownKind(number)} where a number must be`);
  });
}

const shownKind = (value: unknown) => (value === null ? "null" : typeof value);
