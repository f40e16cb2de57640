import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const DEFAULT_URL = "http://127.0.0.1:4600";
/** Where the embedded lab keeps its data, seen from the folder in which it was started. */
const LAB_FOLDER = ".assay";

export interface Server {
  url: string;
  /** null when none was found; `triedFor` says where it was looked for. */
  token: string | null;
  triedFor: string;
}

export interface ServerSettings {
  url?: string;
  token?: string;
  tokenFile?: string;
  home?: string;
}

/**
 * Which orchestrator to speak to, and with which token. A lab's folder (`ASSAY_HOME`, else `.assay` in `cwd` or above it)
 * holds the token of its administrator in `admin.token` and its address in `address`.
 */
export function findServer(settings: ServerSettings, cwd: string): Server {
  const folders =
    settings.home !== undefined ? [settings.home] : foldersAbove(cwd).map((folder) => join(folder, LAB_FOLDER));
  const lab = folders.find((folder) => readText(join(folder, "admin.token")) !== null);
  const url = settings.url ?? (lab === undefined ? null : readText(join(lab, "address"))) ?? DEFAULT_URL;
  if (settings.token !== undefined) return { url, token: settings.token, triedFor: "ASSAY_TOKEN" };
  if (settings.tokenFile !== undefined)
    return { url, token: readText(settings.tokenFile), triedFor: `ASSAY_TOKEN_FILE (${settings.tokenFile})` };
  return {
    url,
    // The lab listens on loopback only; its administrator's token is sent nowhere else.
    token: lab === undefined || !isLoopback(url) ? null : readText(join(lab, "admin.token")),
    triedFor: "ASSAY_TOKEN, ASSAY_TOKEN_FILE and .assay/admin.token in this folder or above it",
  };
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}

function foldersAbove(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersAbove(above)];
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim() || null;
  } catch {
    return null;
  }
}
