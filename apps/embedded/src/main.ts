/** `npm start`: brings the embedded lab up, runs the demo once, shows it, stays up until Ctrl-C. */
import { join } from "node:path";
import { ServerRefused, ServerUnreachable } from "@assay/cli";
import { runDemo } from "./demo/run-demo";
import { readSettings } from "./environment";
import { Lab } from "./lab";
import { LabError } from "./lab-error";

const REPOSITORY = join(__dirname, "..", "..", "..");
/** Somebody asked us to end before the demo had. */
const INTERRUPTED = 130;

async function main(args: string[]): Promise<number> {
  const unknown = args.filter((arg) => arg !== "--once" && arg !== "--no-demo");
  if (unknown.length > 0) throw new LabError(`unknown option ${unknown.join(" ")}; there are --once and --no-demo`);
  const once = args.includes("--once");
  const demo = !args.includes("--no-demo");
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopped.abort());

  const lab = await Lab.start(
    REPOSITORY,
    readSettings(REPOSITORY),
    {
      onTrouble: (name, what, delayMs) => say(`! the ${name} ${what}; starting it again in ${delayMs} ms`),
      onBack: (name) => say(`! the ${name} is back`),
      onStart: () => {},
    },
    (what) => say(`Starting ${what} ...`),
  );
  try {
    if (stopped.signal.aborted) return INTERRUPTED;
    const exitCode = demo ? await runDemo(lab, process.stdout, stopped.signal) : 0;
    if (once) return exitCode ?? INTERRUPTED;
    if (!stopped.signal.aborted) {
      say(howToGoOn(lab));
      await new Promise((resolve) => stopped.signal.addEventListener("abort", resolve, { once: true }));
    }
    return 0;
  } finally {
    say("Stopping ...");
    await lab.stop();
  }
}

function howToGoOn(lab: Lab): string {
  return [
    "",
    `The lab is up at ${lab.url} (data and logs in ${lab.home.path}). Ctrl-C stops it.`,
    "In another terminal, in this folder:",
    "  npx assay dut list",
    "  npx assay run submit random-read SIM0001 --wait",
    "  npx assay plan validate my.plan.yaml && npx assay plan push my.plan.yaml",
  ].join("\n");
}

main(process.argv.slice(2)).then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    if (error instanceof LabError) console.error(`\nassay: ${error.message}`);
    else if (error instanceof ServerRefused || error instanceof ServerUnreachable)
      console.error(`\nassay: the orchestrator of this lab did not do what it was asked to: ${error.message}`);
    else console.error(error);
    process.exit(1);
  },
);
