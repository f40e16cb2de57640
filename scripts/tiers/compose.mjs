import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../set-up/set-up.mjs";

/** Values that the file demands and that have no default. They reach nothing: `config` only reads. */
const REQUIRED = { ASSAY_POSTGRES_PASSWORD: "check", ASSAY_REDIS_PASSWORD: "check" };
const variants = [
  ["docker-compose", []],
  ["docker", ["compose"]],
];

/** docker-compose.yml as docker-compose itself reads it: valid, no default password, nothing published beyond loopback. */
export async function runCompose() {
  const file = join(root, "docker-compose.yml");
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, reasons: ["docker-compose.yml is missing"] };
  const found = variants.find(
    ([program, args]) => spawnSync(program, [...args, "version"], { stdio: "ignore" }).status === 0,
  );
  if (found === undefined) return { passed: 0, failed: 0, skipped: 2, reasons: ["no docker-compose on this machine"] };
  const [program, args] = found;
  const config = (env) => spawnSync(program, [...args, "-f", file, "config"], { env, encoding: "utf8", cwd: root });
  const { ASSAY_POSTGRES_PASSWORD: _p, ASSAY_REDIS_PASSWORD: _r, ...bare } = process.env;
  const complete = config({ ...bare, ...REQUIRED });
  const tests = [
    ["is valid", () => complete.status === 0 || complete.stderr],
    ["starts with no default password", () => config(bare).status !== 0 || "it was accepted without passwords"],
    ["publishes nothing beyond 127.0.0.1", () => publishedBeyondLoopback(complete.stdout)],
  ];
  const outcome = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  for (const [sentence, test] of tests) {
    const answer = test();
    console.log(
      `${answer === true ? "ok    " : "FAILED"} docker-compose.yml ${sentence}${answer === true ? "" : `: ${answer}`}`,
    );
    outcome[answer === true ? "passed" : "failed"] += 1;
  }
  return outcome;
}

/** `config` prints ports as `127.0.0.1:4600:4600/tcp` (1.x) or as mappings with host_ip (2.x). */
function publishedBeyondLoopback(text) {
  const short = [...text.matchAll(/^\s+- "?([\d.:]+:\d+)(\/\w+)?"?$/gm)].map((match) => match[1]);
  const open = short.filter((port) => !port.startsWith("127.0.0.1:"));
  const long = (text.match(/^\s+published:/gm) ?? []).length;
  const bound = (text.match(/^\s+host_ip: 127\.0\.0\.1$/gm) ?? []).length;
  if (open.length > 0) return `published on every address: ${open.join(", ")}`;
  if (long !== bound) return `${long - bound} ports are published without host_ip 127.0.0.1`;
  return short.length + long > 0 || "it publishes nothing at all";
}
