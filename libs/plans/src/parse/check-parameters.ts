/** Parameters: names that can be referred to, defaults and bounds of the declared type. */
import { NOUNS } from "../document/units";
import { checkLimits } from "../document/values";
import { parameterRange, readParameter } from "../resolve/bindings";
import type { Check } from "./check";

const RESERVED = ["dut", "sheet", "steps"];

export const checkParameters: Check = (draft, report) => {
  for (const [name, parameter] of draft.parameters) {
    const path = ["spec", "parameters", name];
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
      report(path, `\`${name}\` is no parameter name: a letter, then letters, digits or \`_\`, at most 64`, "key");
    if (RESERVED.includes(name))
      report(path, `\`${name}\` is no parameter name: $${name}. means something else`, "key");
    if (!parameter) continue;
    const { type } = parameter;
    const ordered = type !== "string" && type !== "boolean";
    let sound = true;
    for (const key of ["min", "max", "default"] as const) {
      const value = parameter[key];
      if (value === null) continue;
      const read = readParameter(type, value);
      const wrong =
        !ordered && key !== "default"
          ? `${NOUNS[type]} has no \`${key}\``
          : typeof read === "string"
            ? read
            : sizeOf(type, read.value);
      if (wrong) report([...path, key], `\`${key}\` of parameter \`${name}\`: ${wrong}`);
      if (wrong) sound = false;
    }
    if (!sound || parameter.default === null) continue;
    const read = readParameter(type, parameter.default);
    const outside = typeof read === "string" ? null : parameterRange(parameter, read.value);
    if (outside) report([...path, "default"], `\`default\` of parameter \`${name}\`: ${outside}`);
  }
};

function sizeOf(type: Parameters<typeof checkLimits>[0], value: unknown): string | null {
  return typeof value === "number" && type !== "number"
    ? checkLimits(type, value, { min: type === "integer" ? Number.MIN_SAFE_INTEGER : 0 })
    : null;
}
