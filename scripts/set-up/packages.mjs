import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Why `npm ci` must run, or null when node_modules is what the lock says. npm writes what it installed into
 * node_modules/.package-lock.json as its last act, so that an interrupted install is seen too.
 */
export function reasonToInstall(root) {
  const wanted = readPackages(join(root, "package-lock.json"));
  const installed = readPackages(join(root, "node_modules", ".package-lock.json"));
  if (wanted === null) return "there is no package-lock.json";
  if (installed === null) return "node_modules is not there yet";
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "" || entry.optional || entry.devOptional || entry.peer) continue;
    const present = installed[path];
    if (present === undefined || !existsSync(join(root, path))) return `${path} is missing`;
    if (present.version !== entry.version || present.integrity !== entry.integrity)
      return `${path} is not the one in the lock`;
  }
  return null;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages ?? null;
  } catch {
    return null;
  }
}
