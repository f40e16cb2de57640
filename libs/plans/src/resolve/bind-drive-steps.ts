/** Steps that send the drive one command, bound to one DUT. */
import { TEXT_FORMS } from "../document/drive-step-bodies";
import type { StepBody } from "../document/ids";
import type { Bound } from "../document/values";
import type { FirmwareStep, IoStep, NamespaceStep, SanitizeStep, SelfTestStep, Status, ZoneStep } from "../model";
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

export function bindFirmware(body: StepBody<"firmware">, path: Path, context: RegionContext): FirmwareStep {
  const { bindings, report } = context;
  const image = bindText("image", body.image, path, context);
  const sha256 = bindText("sha256", body.sha256, path, context);
  const slot = bindings.bind(body.slot, [...path, "slot"]);
  const { activate, resetBy } = body;
  const revision = bindText("revision", body.revision, path, context);
  if (image === null) {
    if (slot === 0) report(path, "without `image` it needs `slot`, whose firmware is to become active");
    if (activate === "none")
      report([...path, "activate"], "without `image` there is nothing that could only be stored");
    if (sha256 !== null) report([...path, "sha256"], "`sha256` is that of `image`, which is absent");
  }
  if (activate !== "reset" && resetBy !== null)
    report([...path, "resetBy"], `\`activate: ${activate}\` makes no reset`);
  if (activate === "none" && revision !== null)
    report([...path, "revision"], "`activate: none` leaves the running revision as it is");
  return {
    kind: "firmware",
    id: idOf(body),
    ...{ image, sha256, slot, activate, resetBy, revision },
    readyWithinMs: bindOptional(body.readyWithin, [...path, "readyWithin"], context),
    expect: statusOf(body.expect),
  };
}

export function bindZone(body: StepBody<"zone">, path: Path, context: RegionContext): ZoneStep {
  const { bindings, report } = context;
  const zone = bindOptional(body.zone, [...path, "zone"], context);
  if (body.action === "append" && zone === null) report(path, "an `append` needs `zone`");
  return {
    kind: "zone",
    id: idOf(body),
    nsid: bindings.bind(body.nsid, [...path, "nsid"]),
    action: body.action,
    zone,
    lbaCount: bindings.bind(body.count, [...path, "count"]),
    value: bindings.bind(body.value, [...path, "value"]),
    expect: statusOf(body.expect),
  };
}

/** A text that came by a reference has its form checked here. */
function bindText(
  name: keyof typeof TEXT_FORMS,
  value: Bound<string> | null,
  path: Path,
  { bindings, report }: RegionContext,
): string | null {
  if (value === null) return null;
  const text = String(bindings.bind(value, [...path, name]));
  const { pattern, what } = TEXT_FORMS[name];
  if (!pattern.test(text)) report([...path, name], `"${text}" is not ${what}`);
  return text;
}
