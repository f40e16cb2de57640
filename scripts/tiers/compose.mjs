import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../set-up/set-up.mjs";

const FILE = "docker-compose.yml";
const variants = [
  ["docker-compose", []],
  ["docker", ["compose"]],
];

/** docker-compose.yml: what it promises about secrets and ports, and that docker-compose itself reads it. */
export async function runCompose() {
  const text = readFileSync(join(root, FILE), "utf8");
  const outcome = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  const tell = (sentence, answer) => {
    const ok = answer === true;
    console.log(`${ok ? "ok    " : "FAILED"} ${FILE} ${sentence}${ok ? "" : `: ${answer}`}`);
    outcome[ok ? "passed" : "failed"] += 1;
  };
  tell("has no default password", withoutPasswords(text));
  tell("publishes nothing beyond 127.0.0.1", onLoopbackOnly(text));
  tell("checks the health of every service", everyServiceIsChecked(text));
  const found = variants.find(
    ([program, args]) => spawnSync(program, [...args, "version"], { stdio: "ignore" }).status === 0,
  );
  if (found === undefined) {
    outcome.skipped += 1;
    outcome.reasons.push("no docker-compose on this machine to read it");
  } else tell(`is read by ${found.flat().join(" ")}`, readByCompose(found, text));
  return outcome;
}

function withoutPasswords(text) {
  const spelled = text.match(/^\s+[A-Z_]*(PASSWORD|TOKEN|SECRET)[A-Z_]*(?<!_FILE)\s*[:=]\s*\S+/gm) ?? [];
  const inUrls = text.match(/:\/\/[^\s/@]*:[^\s/@]+@/g) ?? [];
  return [...spelled, ...inUrls].length === 0 || `it spells out ${[...spelled, ...inUrls].join(", ").trim()}`;
}

function onLoopbackOnly(text) {
  const ports = [...text.matchAll(/^\s+ports:\s*\[([^\]]*)\]/gm)].flatMap((match) => match[1].split(","));
  const open = ports.map((port) => port.trim().replaceAll('"', "")).filter((port) => !port.startsWith("127.0.0.1:"));
  if (/^\s+ports:\s*$/m.test(text) || /network_mode:/.test(text))
    return 'write ports as ["127.0.0.1:..."] so that they can be checked';
  if (open.length > 0) return `published on every address: ${open.join(", ")}`;
  return ports.length > 0 || "it publishes nothing at all";
}

function everyServiceIsChecked(text) {
  const services = /^services:\n([\s\S]*?)^\S/m.exec(text)?.[1] ?? "";
  const blocks = services.split(/^ {2}(?=[a-z])/m).filter((block) => block.trim() !== "");
  const unchecked = blocks.filter((block) => !/^\s+healthcheck:/m.test(block)).map((block) => block.split(":")[0]);
  return (
    (blocks.length > 0 && unchecked.length === 0) || `without a health check: ${unchecked.join(", ") || "every one"}`
  );
}

/** In a copy with secret files, as the head of the file tells people to make them. */
function readByCompose([program, args], text) {
  const copy = mkdtempSync(join(tmpdir(), "assay-compose-"));
  try {
    copyFileSync(join(root, FILE), join(copy, FILE));
    for (const [, file] of text.matchAll(/\{ file: (\S+) \}/g)) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      writeFileSync(join(copy, file), "only-for-this-check\n", { mode: 0o600 });
    }
    const { status, stderr } = spawnSync(program, [...args, "-f", FILE, "config", "--quiet"], {
      cwd: copy,
      encoding: "utf8",
    });
    return status === 0 || stderr.trim();
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
