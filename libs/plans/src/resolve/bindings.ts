/** Binds references to values, collecting problems instead of throwing. */
import { DUT_FACTS, SHEET_ENTRIES } from "../document/facts";
import type { ParameterDocument } from "../document/plan";
import { type Dimension, EXAMPLES, readLiteral, showQuantity, type UnitDimension } from "../document/units";
import { type Bound, checkLimits, isReference, type Limit, notA, type Reference } from "../document/values";
import type { DataSheet, DutFacts, MetricValue } from "../model";
import type { Path } from "../parse/positions";

/** A parameter's value as the caller gives it: an author's text (`10s`, `64MiB`), a number or a flag. */
export type ParameterValues = Record<string, string | number | boolean>;
export type Report = (path: Path, message: string) => void;

export interface Bindings {
  bind<T extends MetricValue>(value: Bound<T>, path: Path): T;
  bindLimit(limit: Limit | Reference, path: Path): Limit;
}

/** The stand-in for a value that could not be bound; a problem has been reported, the plan is not used. */
const NOTHING = 0;

export function makeBindings(
  parameters: ReadonlyMap<string, Limit>,
  dut: DutFacts,
  sheet: DataSheet,
  report: Report,
): Bindings {
  const look = (reference: Reference, path: Path): Limit | null => {
    const { source, name } = reference.reference;
    if (source === "param") return parameters.get(name) ?? null;
    if (source === "dut") {
      const fact = dut[name];
      if (typeof fact !== "object" && fact !== undefined)
        return { value: fact, dimension: DUT_FACTS[name] ?? "string" };
      report(path, `\`$dut.${name}\` is not known of this DUT`);
      return null;
    }
    const entry = Object.hasOwn(sheet, name) ? sheet[name] : undefined;
    if (entry !== undefined) return { value: entry, dimension: SHEET_ENTRIES[name]?.dimension ?? "string" };
    report(path, `the data sheet of ${dut.model} has no \`${name}\`, which \`$sheet.${name}\` asks for`);
    return null;
  };
  return {
    bind<T extends MetricValue>(value: Bound<T>, path: Path): T {
      if (!isReference(value)) return value;
      const found = look(value, path);
      if (!found) return NOTHING as T;
      const outside =
        typeof found.value === "number" && value.dimension !== "any"
          ? checkLimits(value.dimension, found.value, value.limits)
          : null;
      if (outside) report(path, `\`${showReference(value)}\`: ${outside}`);
      return found.value as T;
    },
    bindLimit(limit, path) {
      return isReference(limit) ? (look(limit, path) ?? { value: NOTHING, dimension: "number" }) : limit;
    },
  };
}

export function showReference({ reference }: Reference): string {
  return reference.source === "param" ? `$${reference.name}` : `$${reference.source}.${reference.name}`;
}

/** Reads a parameter's value in the author's syntax. A string is the sentence that says what is wrong. */
export function readParameter(type: Dimension, input: string | number | boolean): { value: MetricValue } | string {
  if (type === "string") return { value: String(input) };
  if (type === "boolean") {
    if (input === true || input === "true") return { value: true };
    return input === false || input === "false" ? { value: false } : notA(type, input);
  }
  if (type === "integer" || type === "number") {
    const value = typeof input === "string" && /^-?\d+(\.\d+)?$/.test(input) ? Number(input) : input;
    return typeof value === "number" && Number.isFinite(value) && (type === "number" || Number.isInteger(value))
      ? { value }
      : notA(type, input);
  }
  const value = typeof input === "string" ? readLiteral(type as UnitDimension, input) : null;
  return value === null ? notA(type, input) : { value };
}

/** The sentence that says why a value is outside a parameter's `min` and `max`, or null. */
export function parameterRange(parameter: ParameterDocument, value: MetricValue): string | null {
  if (typeof value !== "number") return null;
  const bound = (text: ParameterDocument["min"]) => {
    const read = text === null ? null : readParameter(parameter.type, text);
    return read && typeof read !== "string" && typeof read.value === "number" ? read.value : undefined;
  };
  const min = bound(parameter.min);
  const max = bound(parameter.max);
  const show = (number: number) => showQuantity(parameter.type, number);
  if (min !== undefined && value < min)
    return `${show(value)} is less than ${show(min)}, the parameter's smallest value`;
  return max !== undefined && value > max
    ? `${show(value)} is more than ${show(max)}, the parameter's largest value`
    : null;
}

/** Parameters of a plan with the caller's values; every wrong, missing or unknown one is reported. */
export function bindParameters(
  declared: Record<string, ParameterDocument>,
  given: ParameterValues,
  report: Report,
): Map<string, Limit> {
  const bound = new Map<string, Limit>();
  for (const name of Object.keys(given))
    if (!Object.hasOwn(declared, name))
      report(
        ["parameters", name],
        `the plan has no parameter \`${name}\`; it has: ${Object.keys(declared).join(", ") || "none"}`,
      );
  for (const [name, parameter] of Object.entries(declared)) {
    const path = ["spec", "parameters", name];
    const input = Object.hasOwn(given, name) ? given[name] : parameter.default;
    if (input === null || input === undefined) {
      report(path, `parameter \`${name}\` has no default and no value was given: ${EXAMPLES[parameter.type]}`);
      continue;
    }
    const read = readParameter(parameter.type, input);
    const wrong = typeof read === "string" ? read : parameterRange(parameter, read.value);
    if (wrong) report(path, `parameter \`${name}\`: ${wrong}`);
    // An unusable value still binds, so that one wrong parameter is one problem.
    bound.set(name, { value: typeof read === "string" ? NOTHING : read.value, dimension: parameter.type });
  }
  return bound;
}
