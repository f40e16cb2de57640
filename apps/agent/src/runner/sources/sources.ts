/** One table: what a snapshot or capture can be `of`, and how it is read from the drive. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CaptureSource, SnapshotSource } from "@assay/plans";
import { type DutPath, decodeCmdlog } from "@assay/protocol";
import { CommandFailed } from "../command-status";
import type { ConfirmedController } from "../confirmed-drive";
import { decodeErrorLog, ERROR_LOG_ID, errorLogBytes } from "./error-log";
import type { Fields } from "./fields";
import { decodeFirmwareLog, FIRMWARE_LOG_BYTES, FIRMWARE_LOG_ID } from "./firmware-log";
import { identifyFields } from "./identify-fields";
import { linkFields } from "./link";
import { registerFields } from "./register-fields";
import { decodeSmartLog, SMART_LOG_BYTES, SMART_LOG_ID } from "./smart-log";

export interface SourceInput {
  controller: ConfirmedController;
  path: DutPath;
  cmdlogDir: string;
}

export interface Reading {
  fields: Fields;
  /** The page itself, base64; null where there is none. */
  raw: string | null;
}

interface Source {
  /** Prefix of its metrics in the registry. */
  prefix: string;
  read(input: SourceInput): Promise<Reading>;
}

export const SOURCES: { [S in SnapshotSource | CaptureSource]: Source } = {
  identify: {
    prefix: "identify",
    async read({ controller }) {
      const identity = await controller.identify();
      return { fields: identifyFields(identity, await controller.namespaceIdentities()), raw: base64(identity.raw) };
    },
  },
  smart: {
    prefix: "smart",
    read: ({ controller }) => logPage(controller, SMART_LOG_ID, SMART_LOG_BYTES, decodeSmartLog),
  },
  "error-log": {
    prefix: "errorLog",
    read: ({ controller }) => logPage(controller, ERROR_LOG_ID, errorLogBytes(controller.identity.raw), decodeErrorLog),
  },
  "firmware-log": {
    prefix: "firmware",
    read: ({ controller }) => logPage(controller, FIRMWARE_LOG_ID, FIRMWARE_LOG_BYTES, decodeFirmwareLog),
  },
  registers: {
    prefix: "registers",
    read: async ({ controller }) => ({ fields: registerFields(await controller.registers()), raw: null }),
  },
  link: {
    prefix: "link",
    read: async ({ path }) => ({ fields: linkFields(path, readText), raw: null }),
  },
  cmdlog: {
    prefix: "cmdlog",
    // The rings themselves are shipped by the agent; here is what they held at this moment.
    read: async ({ cmdlogDir }) => ({ fields: cmdlogFields(cmdlogDir), raw: null }),
  },
};

async function logPage(
  controller: ConfirmedController,
  lid: number,
  bytes: number,
  decode: (page: Uint8Array) => Fields,
): Promise<Reading> {
  const { completion, data } = await controller.getLogPage(lid, bytes);
  if (completion.sct !== 0 || completion.sc !== 0) {
    throw new CommandFailed(`Get Log Page ${lid.toString(16).padStart(2, "0")}h`, completion);
  }
  return { fields: decode(data), raw: base64(data) };
}

function cmdlogFields(folder: string): Fields {
  const fields: Fields = {};
  let rings: string[] = [];
  try {
    rings = readdirSync(folder).filter((name) => name.endsWith(".cmdlog"));
  } catch {
    // No folder, no rings: the field below says so.
  }
  fields.rings = rings.length;
  for (const ring of rings.sort()) {
    const log = decodeCmdlog(readFileSync(join(folder, ring)));
    fields[`qid${log.qid}.entries`] = log.entries.length;
    fields[`qid${log.qid}.outstanding`] = log.entries.filter((entry) => entry.outstanding).length;
    const newest = log.entries.at(-1);
    if (newest) fields[`qid${log.qid}.newest`] = newest.sequence.toString();
  }
  return fields;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
