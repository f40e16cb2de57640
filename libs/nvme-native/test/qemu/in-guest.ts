/**
 * Runs in the guest between the two: takes requests from the machine outside, a JSON line each, and has them done by a
 * process of their own, so that one that hangs or dies costs only itself. Answers on standard output.
 */
import { type ChildProcess, execFile, fork } from "node:child_process";
import { createInterface } from "node:readline";
import { bind } from "./pci-slot";
import type { GuestAnswer, GuestRequest, Numbered } from "./requests";

const OUTPUT_BYTES = 1 << 20;
const LAST_WORDS = 2000;

class Shower {
  readonly #child: ChildProcess;
  #words = "";
  readonly #ended: Promise<string>;

  constructor(program: string, args: string[]) {
    this.#child = fork(program, args, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on("data", (chunk) => {
        process.stderr.write(chunk);
        this.#words = (this.#words + chunk).slice(-LAST_WORDS);
      });
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => resolve(`the process ended (${signal ?? code}): ${this.#words}`));
    });
  }

  get alive(): boolean {
    return this.#child.connected && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ask({ key, limitMs }: { key: string; limitMs: number }): Promise<GuestAnswer> {
    this.#words = "";
    let late = false;
    const kill = setTimeout(() => {
      late = true;
      this.#child.kill("SIGKILL");
    }, limitMs);
    const answer = new Promise<GuestAnswer>((resolve) =>
      this.#child.once("message", resolve as (said: unknown) => void),
    );
    const ended = this.#ended.then((failed) => ({
      failed: late ? `it did not end within ${limitMs} ms: ${failed}` : failed,
    }));
    this.#child.send(key);
    return Promise.race([answer, ended]).finally(() => clearTimeout(kill));
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

const run = (command: string, limitMs: number) =>
  new Promise<GuestAnswer>((resolve) => {
    execFile("/bin/sh", ["-c", command], { timeout: limitMs, maxBuffer: OUTPUT_BYTES }, (error, stdout, stderr) =>
      resolve(error === null ? { output: stdout } : { failed: `${error.message}\n${stdout}${stderr}` }),
    );
  });

let shower: Shower | null = null;

/** Ends it as it is. */
async function dismiss(): Promise<void> {
  await shower?.stop();
  shower = null;
}

async function serve(request: GuestRequest): Promise<GuestAnswer> {
  if ("shell" in request) {
    await dismiss();
    return run(request.shell, request.limitMs);
  }
  if ("bind" in request) {
    await dismiss();
    bind(process.argv[2]!, request.bind);
    return { output: request.bind };
  }
  if (shower === null || !shower.alive) {
    await dismiss();
    shower = new Shower(`${__dirname}/in-guest-behaviours.js`, process.argv.slice(2));
  }
  return shower.ask(request);
}

async function main(): Promise<void> {
  const tell = (number: number, answer: GuestAnswer) =>
    process.stdout.write(`${JSON.stringify({ number, ...answer })}\n`);
  // What came before is lost: nobody read the line.
  tell(0, { output: "ready" });
  for await (const line of createInterface({ input: process.stdin })) {
    const { number, ...request } = JSON.parse(line) as GuestRequest & Numbered;
    tell(number, await serve(request).catch((reason) => ({ failed: String(reason) })));
  }
}

void main();
