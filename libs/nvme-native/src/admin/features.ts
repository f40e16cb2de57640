/** Get and Set Features (NVMe Base 2.0, 5.15 and 5.27). */
import { type CommandData, viewOf } from "../buffer/buffer";
import { flag, integer, object, U32 } from "../check";
import { IDENTIFY_BYTES } from "../controller/identify";
import type { AdminCall } from "./call";

/** Dwords that a feature may use beside the eleventh. */
export interface FeatureDwords {
  cdw12?: number;
  cdw13?: number;
  cdw14?: number;
  cdw15?: number;
}

/** Of Get Features; dwords that are not given are 0. */
export interface GetFeatureOptions extends FeatureDwords {
  nsid?: number;
  /** 0 current, 1 default, 2 saved, 3 supported capabilities. */
  select?: number;
  cdw11?: number;
  data?: CommandData;
}

/** Of Set Features. `save`: SV, the value survives a power cycle. */
export interface SetFeatureOptions extends FeatureDwords {
  nsid?: number;
  save?: boolean;
  data?: CommandData;
}

const DWORDS = ["cdw12", "cdw13", "cdw14", "cdw15"] as const;

function dwords(o: FeatureDwords): FeatureDwords {
  const given = DWORDS.filter((name) => o[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, integer(name, o[name], 0, U32)]));
}

export function getFeatureCall(fid: number, options: GetFeatureOptions = {}): AdminCall {
  integer("fid", fid, 0, 255);
  const o = object<GetFeatureOptions>("options", options, ["nsid", "select", "cdw11", "data", ...DWORDS]);
  const command = {
    opcode: 0x0a,
    nsid: integer("nsid", o.nsid ?? 0, 0, U32),
    cdw10: (integer("select", o.select ?? 0, 0, 7) << 8) | fid,
    cdw11: integer("cdw11", o.cdw11 ?? 0, 0, U32),
    ...dwords(o),
  };
  return withData(command, o.data, "from-device");
}

export function setFeatureCall(fid: number, cdw11: number, options: SetFeatureOptions = {}): AdminCall {
  integer("fid", fid, 0, 255);
  integer("cdw11", cdw11, 0, U32);
  const o = object<SetFeatureOptions>("options", options, ["nsid", "save", "data", ...DWORDS]);
  const save = flag("save", o.save ?? false);
  const command = {
    opcode: 0x09,
    nsid: integer("nsid", o.nsid ?? 0, 0, U32),
    cdw10: ((save ? 0x8000_0000 : 0) | fid) >>> 0,
    cdw11,
    ...dwords(o),
  };
  return withData(command, o.data, "to-device");
}

function withData(
  command: AdminCall["command"],
  data: CommandData | undefined,
  direction: AdminCall["direction"],
): AdminCall {
  if (data === undefined) return { command };
  viewOf("data", data, 4, IDENTIFY_BYTES);
  return { command, data, direction };
}
