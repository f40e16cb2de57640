import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { contentPrint, filesBelow, quickPrint } from "./fingerprint.mjs";
import { takeLock } from "./lock.mjs";
import { checkNode, SetUpError } from "./machine.mjs";
import { reasonToInstall } from "./packages.mjs";
import { steps } from "./steps.mjs";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const state = join(root, "build", "set-up");
/** A silent command is announced again so often. */
const STILL_AT_IT_MS = 15_000;

/** Do what is missing. @returns the exit code: 0, or 1 after a sentence that says what is wrong. */
export async function setUp() {
  try {
    checkNode();
    if (!isDue()) return 0;
    mkdirSync(state, { recursive: true });
    const release = await takeLock(join(state, "lock"));
    try {
      // Before minutes of installing: what is missing on the machine stays missing.
      for (const step of steps) if (due(step)?.changed) step.before?.();
      await install();
      for (const step of steps) await build(step);
    } finally {
      release();
    }
    return 0;
  } catch (error) {
    const sentence = error instanceof SetUpError ? error.message : sentenceFor(error);
    if (sentence === null) throw error;
    console.error(`\nassay: ${sentence}`);
    return 1;
  }
}

function isDue() {
  return reasonToInstall(root) !== null || steps.some((step) => due(step) !== null);
}

/** What the file system of the repository may refuse, as a sentence; null when it is none of that. */
function sentenceFor(error) {
  const { code, message } = error;
  if (code === "ENOSPC" || code === "EDQUOT") return `The disk that holds ${root} is full (${message}): make room.`;
  if (!["EACCES", "EPERM", "EROFS"].includes(code)) return null;
  return `Cannot write to ${root}: ${message}. Something must be set up there; use a copy that you may write to.`;
}

async function install() {
  const reason = reasonToInstall(root);
  if (reason === null) return;
  console.log(`Installing packages (${reason}); the first time takes a minute or two.`);
  await run("npm", ["ci", "--no-audit", "--no-fund"], "Installing packages");
  const still = reasonToInstall(root);
  if (still !== null) throw new SetUpError(`npm ci ended, but ${still}. Remove node_modules and try again.`);
}

async function build(step) {
  const stamp = due(step);
  if (stamp === null) return;
  if (!stamp.changed) {
    writeStamp(step, stamp);
    return;
  }
  step.before?.();
  console.log(`${step.title} ...`);
  const [program, args] = step.command(root);
  rmSync(stampFile(step), { force: true });
  await run(program, args, step.title);
  const missing = step.outputs.find((output) => !existsSync(join(root, output)));
  if (missing !== undefined) throw new SetUpError(`${step.title} ended without an error, but made no ${missing}.`);
  writeStamp(step, stamp);
}

const stampFile = (step) => join(state, `${step.name}.json`);

/** null when the stamp on disk still tells the truth; else the stamp to write once the step is done. */
function due(step) {
  const extra = step.extra?.() ?? "";
  const files = filesBelow(root, step.inputs, step.wanted);
  const quick = quickPrint(root, files, extra);
  const outputsThere = step.outputs.every((output) => existsSync(join(root, output)));
  const old = readStamp(step);
  if (outputsThere && old?.quick === quick) return null;
  const content = contentPrint(root, files, extra);
  return { quick, content, changed: !outputsThere || old?.content !== content };
}

function readStamp(step) {
  try {
    return JSON.parse(readFileSync(stampFile(step), "utf8"));
  } catch {
    return null;
  }
}

function writeStamp(step, { quick, content }) {
  writeFileSync(stampFile(step), JSON.stringify({ quick, content }));
}

function run(program, args, title) {
  const begun = Date.now();
  const child = spawn(program, args, { cwd: root, stdio: "inherit" });
  const ticker = setInterval(
    () => console.log(`  ${title}: still at it (${Math.round((Date.now() - begun) / 1000)} s)`),
    STILL_AT_IT_MS,
  );
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new SetUpError(`Cannot start ${program}: ${error.message}.`)));
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new SetUpError(`${title} failed (${signal ?? `exit code ${code}`}); the reason stands above.`));
    });
  }).finally(() => clearInterval(ticker));
}
