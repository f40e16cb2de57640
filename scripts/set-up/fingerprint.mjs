import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const SKIPPED = new Set(["node_modules", "dist", "build", ".git", ".assay"]);

/** Every file below `paths` (files or folders; missing ones are left out), sorted, whose name `wanted` accepts. */
export function filesBelow(root, paths, wanted = () => true) {
  const found = [];
  const visit = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (!stat.isDirectory()) {
      if (wanted(path)) found.push({ path, size: stat.size, mtimeMs: stat.mtimeMs });
      return;
    }
    for (const name of readdirSync(path)) if (!SKIPPED.has(name)) visit(join(path, name));
  };
  for (const path of paths) visit(join(root, path));
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Changes whenever a file was touched; costs one stat per file. */
export function quickPrint(root, files, extra) {
  const hash = createHash("sha256").update(extra);
  for (const file of files) hash.update(`\0${relative(root, file.path)}\0${file.size}\0${file.mtimeMs}`);
  return hash.digest("hex");
}

/** Changes only when a file's content did: a checkout that only moves times builds nothing. */
export function contentPrint(root, files, extra) {
  const hash = createHash("sha256").update(extra);
  for (const file of files) hash.update(`\0${relative(root, file.path)}\0`).update(readFileSync(file.path));
  return hash.digest("hex");
}
