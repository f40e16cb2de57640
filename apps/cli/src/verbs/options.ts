import { InvalidArgumentError } from "commander";
import { parseDuration } from "../show/quantities";

/** A duration with its unit, as ms. */
export function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) throw new InvalidArgumentError("write a duration with its unit, for example 90s or 2h");
  return ms;
}

export function countOption(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError("write a number from 1 on");
  return Number(text);
}

export function integerOption(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError("write an integer");
  return Number(text);
}

export type ParameterValue = string | number | boolean;

/** `time=30s` or `smoke:time=30s` (for that plan only). */
export interface GivenParameter {
  plan: string | null;
  name: string;
  value: ParameterValue;
}

export function parameterOption(text: string, before: GivenParameter[] = []): GivenParameter[] {
  const match = /^(?:([a-z0-9][a-z0-9-]*):)?([A-Za-z_][\w-]*)=(.*)$/s.exec(text);
  if (match === null) throw new InvalidArgumentError("write name=value, or plan:name=value");
  return [...before, { plan: match[1] ?? null, name: match[2]!, value: parameterValue(match[3]!) }];
}

const OPERATORS = ["eq", "ne", "lt", "le", "gt", "ge"] as const;

/** Another limit of one criterion. */
export interface GivenLimit {
  criterion: string;
  /** Absent: the plan's own. */
  operator?: (typeof OPERATORS)[number];
  value: ParameterValue;
}

/** `p99=5ms`, or with another operator `p99 lt 5ms`. */
export function limitOption(text: string, before: GivenLimit[] = []): GivenLimit[] {
  const match = /^([A-Za-z][\w-]*)(?:\s*=\s*|\s+(eq|ne|lt|le|gt|ge)\s+)(.+)$/s.exec(text.trim());
  if (match === null) throw new InvalidArgumentError("write criterion=value, or `criterion lt value`");
  const operator = match[2] as GivenLimit["operator"];
  return [...before, { criterion: match[1]!, ...(operator && { operator }), value: parameterValue(match[3]!) }];
}

/** Numbers and true/false are meant as such; everything else (`30s`, `64MiB`) is text. */
export function parameterValue(text: string): ParameterValue {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** `bench=demo`, repeatable. */
export function labelOption(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("write name=value");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export function listOption(text: string, before: string[] = []): string[] {
  return [...before, text];
}

/** What was given for one plan of several. */
export function parametersFor(plan: string, given: readonly GivenParameter[]): Record<string, ParameterValue> {
  const mine = given.filter((parameter) => parameter.plan === null || parameter.plan === plan);
  return Object.fromEntries(mine.map(({ name, value }) => [name, value]));
}
