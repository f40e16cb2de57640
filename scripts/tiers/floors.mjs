import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../set-up/set-up.mjs";
import { runProgram } from "./command.mjs";

const LIMIT_MS = 5 * 60_000;

/** Imports that must be refused: planted into a copy of the sources, one at a time. */
const plants = [
  { rule: "plans-is-pure", file: "libs/plans/src/planted.ts", imports: "@assay/protocol" },
  { rule: "protocol-above-plans", file: "libs/protocol/src/planted.ts", imports: "@assay/nvme-native" },
  { rule: "agent-floor", file: "apps/agent/src/planted.ts", imports: "../../orchestrator/src/main" },
  { rule: "orchestrator-floor", file: "apps/orchestrator/src/planted.ts", imports: "../../agent/src/main" },
  { rule: "cli-floor", file: "apps/cli/src/planted.ts", imports: "@assay/protocol" },
  { rule: "embedded-floor", file: "apps/embedded/src/planted.ts", imports: "@assay/plans" },
  { rule: "driver-only-in-runner", file: "apps/agent/src/planted.ts", imports: "@assay/nvme-native" },
  { rule: "pure-libraries", file: "libs/plans/src/planted.ts", imports: "node:fs" },
  { rule: "no-circles", file: "libs/plans/src/planted.ts", imports: "./planted-too" },
];

/** The floors hold, and a planted upward import is seen: a guard that never barks proves nothing. */
export async function runFloors() {
  const outcome = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  const tell = (ok, sentence, why = "") => {
    outcome[ok ? "passed" : "failed"] += 1;
    console.log(`${ok ? "ok    " : "FAILED"} ${sentence}${ok ? "" : `\n${why}`}`);
  };
  const now = await cruise(root);
  tell(now.code === 0, "no import goes upward", now.output);
  const copy = mkdtempSync(join(tmpdir(), "assay-floors-"));
  try {
    copySources(copy);
    for (const plant of plants) {
      const remove = plantInto(copy, plant);
      const { code, output } = await cruise(copy);
      remove();
      const seen = code !== 0 && output.includes(plant.rule) && output.includes(plant.file);
      tell(seen, `${plant.file} importing ${plant.imports} breaks ${plant.rule}`, output);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return outcome;
}

const cruise = (folder) =>
  runProgram(
    process.execPath,
    [
      "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
      "--config",
      ".dependency-cruiser.cjs",
      "apps",
      "libs",
    ],
    { cwd: folder, limitMs: LIMIT_MS, quiet: true },
  );

function copySources(copy) {
  const keep = (path) => !/\/(node_modules|dist|build|\.git|\.assay)$/.test(path);
  for (const part of [
    "apps",
    "libs",
    "test",
    "bench",
    "package.json",
    ".dependency-cruiser.cjs",
    "tsconfig.base.json",
    "tsconfig.test.json",
  ])
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: keep, force: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
}

function plantInto(copy, { file, imports }) {
  const circle = imports.startsWith("./") ? join(copy, dirname(file), `${imports}.ts`) : null;
  const planted = join(copy, file);
  mkdirSync(dirname(planted), { recursive: true });
  writeFileSync(planted, `import * as upward from "${imports}";\nexport const planted = upward;\n`);
  if (circle !== null) writeFileSync(circle, `import * as back from "./planted";\nexport const circle = back;\n`);
  return () => {
    rmSync(planted);
    if (circle !== null) rmSync(circle);
  };
}
