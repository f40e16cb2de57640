/** Steps that send the drive one command, bound to one DUT. */
import type { StepBody } from "../document/ids";
import type { IoStep, NamespaceStep, SanitizeStep, SelfTestStep, Status } from "../model";
import type { Path } from "../parse/positions";
import { bindOptional, idOf } from "./bind-late";
import type { RegionContext } from "./regions";

/** Of `sct/sc`, hexadecimal. */
export function statusOf(text: string): Status {
  const [sct, sc] = text.split("/").map((digits) => Number.parseInt(digits, 16));
  return { sct: sct ?? 0, sc: sc ?? 0 };
}

export function bindIo(body: StepBody<"io">, path: Path, context: RegionContext): IoStep {
  const { bindings, report } = context;
  const at = (key: string) => [...path, key];
  const toLba = bindOptional(body.to, at("to"), context);
  if (body.operation === "copy" && toLba === null) report(path, "a `copy` needs `to`, the first LBA that it writes");
  if (body.operation !== "copy" && toLba !== null)
    report(at("to"), `\`to\` is for a \`copy\`, not for ${body.operation}`);
  return {
    kind: "io",
    id: idOf(body),
    nsid: bindings.bind(body.nsid, at("nsid")),
    operation: body.operation,
    lba: bindings.bind(body.lba, at("lba")),
    lbaCount: bindings.bind(body.count, at("count")),
    toLba,
    fua: bindings.bind(body.fua, at("fua")),
    value: bindings.bind(body.value, at("value")),
    expect: statusOf(body.expect),
  };
}

export function bindSanitize(body: StepBody<"sanitize">, path: Path, { bindings }: RegionContext): SanitizeStep {
  return {
    kind: "sanitize",
    id: idOf(body),
    action: body.action,
    passes: bindings.bind(body.passes, [...path, "passes"]),
    pattern: bindings.bind(body.pattern, [...path, "pattern"]),
    invert: bindings.bind(body.invert, [...path, "invert"]),
    deallocate: bindings.bind(body.deallocate, [...path, "deallocate"]),
    withinMs: bindings.bind(body.within, [...path, "within"]),
  };
}

export function bindSelfTest(body: StepBody<"self-test">, path: Path, context: RegionContext): SelfTestStep {
  return {
    kind: "self-test",
    id: idOf(body),
    test: body.test,
    nsid: bindOptional(body.nsid, [...path, "nsid"], context),
    withinMs: context.bindings.bind(body.within, [...path, "within"]),
  };
}

export function bindNamespace(body: StepBody<"namespace">, path: Path, context: RegionContext): NamespaceStep {
  const { bindings, report } = context;
  const nsid = bindOptional(body.nsid, [...path, "nsid"], context);
  if (body.action === "create" && nsid !== null)
    report([...path, "nsid"], "the drive chooses the `nsid` that it creates");
  if (body.action !== "create" && nsid === null) report(path, `\`${body.action}\` needs \`nsid\``);
  return {
    kind: "namespace",
    id: idOf(body),
    action: body.action,
    nsid,
    bytes: bindOptional(body.size, [...path, "size"], context),
    lbaBytes: bindOptional(body.lba, [...path, "lba"], context),
    metadataBytes: bindings.bind(body.metadata, [...path, "metadata"]),
    protection: bindings.bind(body.protection, [...path, "protection"]),
    expect: statusOf(body.expect),
  };
}
