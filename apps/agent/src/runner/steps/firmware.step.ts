import type { Completion } from "@assay/nvme-native";
import { CommandFailed, statusText } from "../command-status";
import { judgeCompletion } from "../command-verdict";
import { carryOut } from "../effects";
import type { FirmwareImage } from "../firmware-image";
import { failed, OK, type StepExecutor, type StepOf, type StepResult, type StepScope } from "../scope";
import { decodeFirmwareLog, FIRMWARE_LOG_BYTES, FIRMWARE_LOG_ID } from "../sources/firmware-log";
import { PlanMisfit } from "../step-errors";
import { suspect } from "../suspicion";

/** Identify Controller OACS bit 2: Firmware Commit and Download. */
const OACS_FIRMWARE = 4;
/** Commit Action (NVMe Base 2.0, figure 184). */
const STORE = { reset: 1, now: 3, none: 0 } as const;
const USE_STORED = { reset: 2, now: 3 } as const;
/** Command specific statuses of Firmware Commit that say: done, and active after this. */
const ASKS_RESET: Record<number, StepOf<"reset">["scope"]> = { 11: "pcie", 16: "subsystem", 17: "controller" };
const COMMAND_SPECIFIC = 1;

type Step = StepOf<"firmware">;

export const firmwareStep: StepExecutor<"firmware"> = async (step, scope) => {
  const { drive } = scope.run;
  if ((drive.controller.identity.oacs & OACS_FIRMWARE) === 0)
    throw new PlanMisfit("this drive takes no firmware (OACS bit 2 is 0)");
  const image = step.image === null ? null : scope.run.firmwareImage(step.image, step.sha256);
  const completion = await commit(step, image, scope);
  const asked = completion.sct === COMMAND_SPECIFIC ? ASKS_RESET[completion.sc] : undefined;
  const wantsSuccess = step.expect.sct === 0 && step.expect.sc === 0;
  if (asked === undefined || !wantsSuccess) {
    const judged = judgeCompletion(scope, step, "Firmware Commit", completion);
    if (judged.outcome !== "ok" || !wantsSuccess) return judged;
  } else {
    const { sct, sc, cdw0, latencyNs } = completion;
    scope.run.observations.emit(scope, step, { sct, sc, cdw0, latency: latencyNs / 1e6 });
  }
  if (step.activate === "none") return OK;
  if (step.activate === "now" && asked !== undefined)
    return failed(
      `the drive cannot activate it now: it wants a reset (${statusText(completion)})`,
      suspect("unexpected-status"),
    );
  return activate(step, scope, step.resetBy ?? asked ?? "controller");
};

/** The image, where there is one, and the commit: one effect. */
async function commit(step: Step, image: FirmwareImage | null, scope: StepScope): Promise<Completion> {
  // Resolved plans that only store have an image.
  const action = image === null ? USE_STORED[step.activate as "reset" | "now"] : STORE[step.activate];
  const detail = {
    ...{ slot: step.slot, action },
    ...(image === null ? {} : { image: step.image as string, bytes: image.bytes.length, sha256: image.sha256 }),
  };
  return carryOut(scope, step, "destroys-data", "firmware-commit", detail, async () => {
    const value = await send({ slot: step.slot, action }, image, step, scope);
    const log = await slots(scope);
    const witness = `log 03h afterwards: slot ${log.active} active, ${log.next || "none"} next`;
    const asked = value.sct === COMMAND_SPECIFIC && ASKS_RESET[value.sc] !== undefined;
    const ok = asked || (value.sct === step.expect.sct && value.sc === step.expect.sc);
    return { ok, detail: { status: statusText(value) }, witness, value };
  });
}

async function send(
  order: { slot: number; action: number },
  image: FirmwareImage | null,
  step: Step,
  scope: StepScope,
): Promise<Completion> {
  const { clock, drive, observations } = scope.run;
  if (image === null) return drive.controller.commands((commands) => commands.firmwareCommit(order));
  const beganMs = clock.monotonicMs();
  let downloadTime = 0;
  const onProgress = () => {
    downloadTime = clock.monotonicMs() - beganMs;
  };
  const { completion, failedAtOffset } = await drive.controller.commands((commands) =>
    commands.downloadFirmware(image.bytes, { ...order, onProgress }),
  );
  if (failedAtOffset !== null) throw new CommandFailed(`Firmware Image Download at byte ${failedAtOffset}`, completion);
  observations.emit(scope, step, { downloadTime });
  return completion;
}

async function activate(step: Step, scope: StepScope, resetBy: StepOf<"reset">["scope"]): Promise<StepResult> {
  const { drive, observations } = scope.run;
  // The drive says which slot comes next; some say so only where they chose it.
  const meant = step.slot || (await slots(scope))[step.activate === "reset" ? "next" : "active"];
  if (step.activate === "reset") {
    const report = await drive.reset(resetBy);
    if (!report.ok)
      return failed(
        `the activating ${resetBy} reset: ${report.reason ?? "the controller did not come back"}`,
        suspect("activation-failed"),
      );
    observations.emit(scope, step, { readyTime: report.readyMs });
    const limitMs = step.readyWithinMs ?? drive.controller.identity.readyTimeoutMs;
    if (report.readyMs > limitMs)
      return failed(`ready after ${report.readyMs} ms, allowed are ${limitMs} ms`, suspect("not-ready-in-time"));
  }
  const running = (await drive.controller.identify()).firmware.trim();
  const log = await slots(scope);
  observations.emit(scope, step, { activeSlot: log.active, revision: running });
  const wrong = disagreement(step, { meant, running, active: log.active, stored: log.revisions[meant] ?? "" });
  return wrong === null ? OK : failed(`the firmware was not activated: ${wrong}`, suspect("activation-failed"));
}

/** What of the drive's words after an activation is not as it must be, or null. Pure. */
export function disagreement(
  { revision }: Pick<Step, "revision">,
  told: { meant: number; active: number; running: string; stored: string },
): string | null {
  const { meant, active, running, stored } = told;
  if (meant !== 0 && active !== meant) return `slot ${active} is active (${running}) and not slot ${meant}`;
  if (stored !== "" && running !== stored) return `Identify says ${running}, slot ${meant} holds ${stored}`;
  if (revision !== null && running !== revision) return `the drive runs ${running} and not ${revision}`;
  return null;
}

async function slots(scope: StepScope): Promise<{ active: number; next: number; revisions: string[] }> {
  const { completion, data } = await scope.run.drive.controller.getLogPage(FIRMWARE_LOG_ID, FIRMWARE_LOG_BYTES);
  if (completion.sct !== 0 || completion.sc !== 0) throw new CommandFailed("Get Log Page 03h", completion);
  const fields = decodeFirmwareLog(data);
  const revisions = [0, 1, 2, 3, 4, 5, 6, 7].map((slot) => String(fields[`slot${slot}Revision`] ?? "").trim());
  return { active: Number(fields.activeSlot), next: Number(fields.nextSlot), revisions };
}
