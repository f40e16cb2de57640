/** Generates the Prisma client where the schema is newer than what was generated; otherwise says nothing and ends. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(join(root, "apps", "orchestrator", "package.json"));
const out = join(root, "apps", "orchestrator", "src", "generated", "prisma");
const stamp = join(out, ".generated-from");

const schema = join(root, "prisma", "schema.prisma");
const prisma = require.resolve("prisma/package.json");
const inputs = [schema, join(root, "prisma.config.ts"), prisma].map((file) => readFileSync(file));
const wanted = inputs.reduce((hash, bytes) => hash.update(bytes), createHash("sha256")).digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  const cli = join(dirname(prisma), "build", "index.js");
  const env = { ...process.env, PRISMA_HIDE_UPDATE_MESSAGE: "1", CHECKPOINT_DISABLE: "1" };
  const run = spawnSync(process.execPath, [cli, "generate", "--schema", schema], { cwd: root, env, encoding: "utf8" });
  if (run.status !== 0) {
    process.stderr.write(
      `prisma generate failed:\n${run.stdout ?? ""}${run.stderr ?? ""}${run.error?.message ?? ""}\n`,
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
  process.stdout.write("generated the Prisma client\n");
}
