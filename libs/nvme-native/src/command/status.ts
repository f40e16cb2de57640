/** Completion statuses made by our side; native/core/nvme_spec.h has the same table. */
import { having, integer } from "../check";
import type { Completion } from "./completion";

/** Status code type of completions that our side made (vendor specific in the specification). */
export const LOCAL_SCT = 7;
/** Status codes of that type. */
export const LOCAL_STATUS = {
  /** Older than the timeout; the drive may still answer. */
  timedOut: 0x80,
  /** A read came back well, with wrong data. */
  miscompare: 0x81,
  /** Cut off by a reset, a power loss or the end of its controller. */
  terminated: 0x82,
} as const;

/** Status 00/00. */
export function succeeded(completion: Completion): boolean {
  having("completion", completion, ["sct", "sc"]);
  return completion.sct === 0 && completion.sc === 0;
}

/** The upper half of dword 3 without its phase bit: DNR 15, M 14, SCT 11:9, SC 8:1 (NVMe Base 2.0, figure 92). */
export function statusField(completion: Pick<Completion, "sct" | "sc" | "dnr" | "more">): number {
  const { sct, sc, dnr, more } = having("completion", completion, ["sct", "sc"]);
  integer("completion.sct", sct, 0, 7);
  integer("completion.sc", sc, 0, 255);
  return (dnr ? 1 << 15 : 0) | (more ? 1 << 14 : 0) | (sct << 9) | (sc << 1);
}

/** `02/81` and the like. */
export function statusText(completion: { sct: number; sc: number }): string {
  having("completion", completion, ["sct", "sc"]);
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  return `${hex(completion.sct)}/${hex(completion.sc)}`;
}
