import { ServerUnreachable } from "@assay/cli";
import { boardTable, changes } from "./board";
import { DEMO_PLANS, hasEnded } from "./demo";
import type { DemoDut, DemoRun } from "./facts";

const ASK_EVERY_MS = 500;

export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
}

export interface Progress {
  runs: DemoRun[];
  duts: DemoDut[];
}

/** Shows the campaign until nothing more will happen by itself, or `stopped` says so. */
export async function followCampaign(
  read: () => Promise<Progress>,
  screen: Screen,
  stopped: AbortSignal,
): Promise<Progress | null> {
  let before: DemoRun[] = [];
  let drawnLines = 0;
  while (!stopped.aborted) {
    const now = await read().catch((error: unknown) => {
      // An orchestrator that died is started again by the lab; its runs go on meanwhile.
      if (error instanceof ServerUnreachable) return null;
      throw error;
    });
    if (now !== null) {
      if (screen.isTTY) drawnLines = redraw(screen, now.runs, drawnLines);
      else for (const line of changes(before, now.runs)) screen.write(`  ${line}\n`);
      before = now.runs;
      if (hasEnded(now.runs, now.duts)) return now;
    }
    await pause(ASK_EVERY_MS, stopped);
  }
  return null;
}

function redraw(screen: Screen, runs: DemoRun[], drawnLines: number): number {
  const text = boardTable(
    runs,
    DEMO_PLANS.map((plan) => plan.name),
    Date.now(),
  );
  const lines = text.split("\n");
  const up = drawnLines > 0 ? `\u001b[${drawnLines}A` : "";
  screen.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join("")}`);
  return lines.length;
}

function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stopped.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stopped.addEventListener("abort", end);
  });
}
