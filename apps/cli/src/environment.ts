import type { ServerSettings } from "./settings/find-server";

/** The only place of this app that reads the environment. Empty means not set. */
export function serverSettings(env: NodeJS.ProcessEnv = process.env): ServerSettings {
  const value = (name: string) => env[name] || undefined;
  return {
    url: value("ASSAY_URL"),
    token: value("ASSAY_TOKEN"),
    tokenFile: value("ASSAY_TOKEN_FILE"),
    home: value("ASSAY_HOME"),
  };
}
