import type { Lab } from "../lab";
import { evidenceText, verdictTable } from "./board";
import { DEFECTIVE, deviations, newestRuns } from "./demo";
import type { DemoRun, Evidence } from "./facts";
import { followCampaign, type Progress, type Screen } from "./follow";
import { findDemo, readDuts, readEvidence, readRuns, submitDemo } from "./lab-api";

/** The demo when this lab never ran it, else its history. @returns its exit code; null when it was interrupted */
export async function runDemo(lab: Lab, screen: Screen, stopped: AbortSignal): Promise<number | null> {
  const say = (text: string) => void screen.write(`${text}\n`);
  const known = await findDemo(lab.api);
  const told = lab.state.demo?.exitCode;
  if (known !== null && told !== undefined) {
    say("\nThis lab has run its demo already:\n");
    const runs = await readRuns(lab.api, known);
    say(verdictTable(runs, await readDuts(lab.api)));
    const others = (await readRuns(lab.api)).length - runs.length;
    if (others > 0) say(`\n${others} more run${others === 1 ? "" : "s"} since: npx assay run list`);
    return told;
  }
  const campaignId = known ?? (await submitDemo(lab.api));
  say(`\nThe demo campaign: smoke, then verify-soak, on five simulated drives (${lab.url})\n`);
  const read = async (): Promise<Progress> => ({
    runs: await readRuns(lab.api, campaignId),
    duts: await readDuts(lab.api),
  });
  const ended = await followCampaign(read, screen, stopped);
  if (ended === null) return null;
  const exitCode = await conclude(lab, ended, say);
  lab.state.demo = { campaignId, exitCode };
  lab.keepState();
  return exitCode;
}

async function conclude(lab: Lab, { runs, duts }: Progress, say: (text: string) => void): Promise<number> {
  say(`\n${verdictTable(runs, duts)}`);
  let evidence: Evidence = { miscompares: [], commands: [] };
  for (const run of newestRuns(runs).filter(({ verdict }) => verdict === "failed")) {
    const kept = await readEvidence(lab.api, run.id);
    say(`\n${evidenceText(run, dutOf(run, duts), kept)}`);
    if (run.dut === DEFECTIVE) evidence = kept;
  }
  const wrong = deviations(runs, duts, evidence);
  if (wrong.length === 0) return 0;
  say("\nThe demo did not end as described:");
  for (const sentence of wrong) say(`  ${sentence}`);
  return 1;
}

function dutOf(run: DemoRun, duts: Progress["duts"]) {
  return duts.find((dut) => dut.serial === run.dut);
}
