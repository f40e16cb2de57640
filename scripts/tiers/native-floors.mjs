import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ALL_OF_CORE = ["core", "core/host", "core/ring", "core/verify", "core/worker"];
/** What each floor of the driver's C++ half may include beside itself. */
const MAY_INCLUDE = {
  core: [],
  "core/host": ["core"],
  "core/ring": ["core", "core/host"],
  "core/verify": ["core", "core/host"],
  "core/worker": ["core", "core/host", "core/verify"],
  model: ALL_OF_CORE,
  spdk: ALL_OF_CORE,
  glue: [...ALL_OF_CORE, "model", "spdk"],
  test: [...ALL_OF_CORE, "model"],
  fuzz: [...ALL_OF_CORE, "model"],
};

/** Folders below core/ are floors of their own, those of the others are rooms of one floor. */
const floorOf = (folder) => (folder.startsWith("core/") ? folder : folder.split("/")[0]);

/** One `path includes path`, from native/ on, where a file includes what its floor may not. */
export function upwardInclude(path, included) {
  const to = included.includes("/") ? included : join(dirname(path), included);
  const [from, below] = [floorOf(dirname(path)), floorOf(dirname(to))];
  if (from === below || MAY_INCLUDE[from]?.includes(below)) return [];
  return [`${path} includes ${to}`];
}

/** All of them under `native`, the folder of the C++ half. */
export function upwardIncludes(native) {
  const sources = readdirSync(native, { recursive: true }).filter((path) => /\.(cc|h)$/.test(path));
  return sources.flatMap((path) => {
    const includes = readFileSync(join(native, path), "utf8").matchAll(/^#include "([^"]+)"/gm);
    return [...includes].flatMap(([, included]) => upwardInclude(path, included));
  });
}
