import { type Completion, namespacePage } from "@assay/nvme-native";
import { statusText } from "../command-status";
import { judgeCompletion } from "../command-verdict";
import { carryOut } from "../effects";
import type { StepExecutor, StepOf, StepScope } from "../scope";
import { PlanMisfit } from "../step-errors";
import { chooseLbaFormat } from "./format.step";

/** Identify Controller OACS bit 3: Namespace Management. */
const OACS_NAMESPACES = 8;
const CNTLID_OFFSET = 78;
const UNALLOCATED_OFFSET = 296;
/** Identify Namespace of no namespace in particular: what all of them can be. */
const COMMON = 0xffff_ffff;
const FORMATS_OFFSET = 128;
const FORMAT_COUNT_OFFSET = 25;

export const namespaceStep: StepExecutor<"namespace"> = async (step, scope) => {
  const { drive } = scope.run;
  if ((drive.controller.identity.oacs & OACS_NAMESPACES) === 0)
    throw new PlanMisfit("this drive has no Namespace Management (OACS bit 3 is 0)");
  const detail = { action: step.action, nsid: step.nsid ?? "the drive chooses" };
  const { completion, nsid } = await carryOut(
    scope,
    step,
    "destroys-data",
    `namespace-${step.action}`,
    detail,
    async () => {
      const value = await act(step, scope);
      drive.forgetNamespaces();
      const ok = value.completion.sct === step.expect.sct && value.completion.sc === step.expect.sc;
      const active = await drive.controller.activeNamespaces();
      const witness = `active namespaces afterwards: ${active.join(", ") || "none"}`;
      return { ok, detail: { status: statusText(value.completion) }, witness, value };
    },
  );
  if (nsid !== undefined) scope.run.observations.emit(scope, step, { nsid });
  return judgeCompletion(scope, step, `Namespace ${step.action}`, completion);
};

async function act(step: StepOf<"namespace">, scope: StepScope): Promise<{ completion: Completion; nsid?: number }> {
  const { controller } = scope.run.drive;
  const me = view(controller.identity.raw).getUint16(CNTLID_OFFSET, true);
  if (step.action === "create") return create(step, scope, me);
  // Resolved plans have an nsid wherever it is not the drive's to choose.
  const nsid = step.nsid as number;
  const completion = await controller.commands((commands) => {
    if (step.action === "delete") return commands.deleteNamespace(nsid);
    return step.action === "attach" ? commands.attachNamespace(nsid, [me]) : commands.detachNamespace(nsid, [me]);
  });
  return { completion };
}

async function create(step: StepOf<"namespace">, scope: StepScope, me: number) {
  const { controller } = scope.run.drive;
  const { data } = await controller.identifyRaw(0, COMMON);
  const lbaFormats = formatsOf(data);
  const first = lbaFormats[0]?.lbaBytes ?? 0;
  const lbaFormat = chooseLbaFormat(step, { lbaBytes: first, lbaFormats });
  // What no namespace has changes with every one that comes or goes.
  const { raw } = await controller.identify();
  const bytes = step.bytes === null ? view(raw).getBigUint64(UNALLOCATED_OFFSET, true) : BigInt(step.bytes);
  const lbaCount = bytes / BigInt(step.lbaBytes ?? first);
  const page = namespacePage({ lbaCount, lbaFormat, protection: step.protection });
  const completion = await controller.commands((commands) => commands.createNamespace(page));
  if (completion.sct !== 0 || completion.sc !== 0) return { completion };
  const nsid = completion.cdw0;
  const attached = await controller.commands((commands) => commands.attachNamespace(nsid, [me]));
  return { completion: attached.sct === 0 && attached.sc === 0 ? completion : attached, nsid };
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function formatsOf(page: Uint8Array): { lbaBytes: number; metadataBytes: number }[] {
  return Array.from({ length: (page[FORMAT_COUNT_OFFSET] ?? 0) + 1 }, (_, n) => {
    const at = FORMATS_OFFSET + 4 * n;
    return { metadataBytes: view(page).getUint16(at, true), lbaBytes: 2 ** (page[at + 2] ?? 0) };
  });
}
