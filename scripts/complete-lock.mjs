/**
 * npm writes only those optional platform packages into the lock that its registry shows, and `npm ci` with npm 11 then
 * refuses the lock ("Missing ... from lock file"). This adds the missing ones, with what their names say about the
 * platform. Run it after every change of a dependency; `--check` only says what is missing (exit code 1).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];
const libraries = { gnu: "glibc", gnueabihf: "glibc", musl: "musl", musleabihf: "musl" };

/** `@swc/core-linux-arm64-musl` -> `{ cpu: ["arm64"], libc: ["musl"], os: ["linux"] }`; throws when the name says nothing. */
export function platformOf(name) {
  const words = name.slice(name.lastIndexOf("/") + 1).split(/[-.]/);
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  if (os.length !== 1 || cpu.length !== 1)
    throw new Error(`The name ${name} does not tell its platform; add it by hand.`);
  const libc = words.filter((word) => word in libraries).map((word) => libraries[word]);
  return { cpu, ...(libc.length > 0 && os[0] === "linux" ? { libc } : {}), os };
}

/** Optional dependencies that no entry of the lock answers: `[{ name, version, dev }]`. */
export function missingOptional(packages) {
  const missing = new Map();
  for (const [owner, entry] of Object.entries(packages))
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {}))
      if (!isAnswered(packages, owner, name)) missing.set(name, { name, version, dev: entry.dev === true });
  return [...missing.values()];
}

function isAnswered(packages, owner, name) {
  for (let folder = owner; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    if (`${folder === "" ? "" : `${folder}/`}node_modules/${name}` in packages) return true;
    if (folder === "") return false;
  }
}

/** The lock with an entry for each missing package. Without an integrity, because nobody has seen the package. */
export function completed(lock) {
  const packages = { ...lock.packages };
  for (const { name, version, dev } of missingOptional(packages)) {
    if (!/^\d/.test(version)) throw new Error(`${name} is wanted as ${version}; only exact versions can be added.`);
    packages[`node_modules/${name}`] = { version, ...(dev ? { dev } : {}), optional: true, ...platformOf(name) };
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), "package-lock.json");
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const missing = missingOptional(lock.packages);
  for (const { name } of missing) console.log(`missing from the lock: ${name}`);
  if (process.argv.includes("--check")) process.exitCode = missing.length > 0 ? 1 : 0;
  else if (missing.length > 0) writeFileSync(file, `${JSON.stringify(completed(lock), null, 2)}\n`);
}
