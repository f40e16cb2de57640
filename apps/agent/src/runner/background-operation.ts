/** Operations that a command only begins: sanitize, self-test. */
import { CommandFailed } from "./command-status";
import type { StepScope } from "./scope";

const POLL_MS = 200;
/** The part of log 06h and of log 81h that is looked at. */
const LOG_BYTES = 32;

/** Reads a log page until `isOver`. @returns the page, or null when it took longer than `withinMs`. @throws CommandFailed, Interruption */
export async function untilOver(
  scope: StepScope,
  lid: number,
  withinMs: number,
  isOver: (page: DataView) => boolean,
): Promise<DataView | null> {
  const { clock, drive } = scope.run;
  const untilMs = clock.monotonicMs() + withinMs;
  for (;;) {
    const { completion, data } = await drive.controller.getLogPage(lid, LOG_BYTES);
    if (completion.sct !== 0 || completion.sc !== 0)
      throw new CommandFailed(`Get Log Page ${lid.toString(16)}h`, completion);
    const page = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (isOver(page)) return page;
    if (clock.monotonicMs() >= untilMs) return null;
    await clock.sleep(Math.min(POLL_MS, Math.max(1, untilMs - clock.monotonicMs())), scope.signal);
  }
}
