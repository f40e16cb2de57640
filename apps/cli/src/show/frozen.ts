import type { RunItem } from "../api/shapes";
import { formatTime, shortId } from "./quantities";

type Frozen = NonNullable<RunItem["frozen"]>;

export type FrozenCommand = Pick<Frozen, "sct" | "sc" | "opcode" | "slba" | "lbaCount" | "nsid" | "worker" | "path">;

const hex = (value: number) => value.toString(16).padStart(2, "0");

/** `status 02/81 on opcode 02h, LBA 96 +8 of namespace 1 (worker 0 of io)` */
export function frozenCommand({ sct, sc, opcode, slba, lbaCount, nsid, worker, path }: FrozenCommand): string {
  const lbas = `LBA ${slba}${lbaCount === 0 ? "" : ` +${lbaCount}`}`;
  return `status ${hex(sct)}/${hex(sc)} on opcode ${hex(opcode)}h, ${lbas} of namespace ${nsid} (worker ${worker} of ${path})`;
}

/** Of a run's drive that stands still, or did; undefined for one that never was frozen. */
export function describeFrozen(id: string, frozen: Frozen | null): string | undefined {
  if (frozen === null) return undefined;
  const since = `${formatTime(frozen.at)} at ${frozenCommand(frozen)}`;
  if (frozen.releasedAt !== null) return `${since}; let go ${formatTime(frozen.releasedAt)}${releasedBy(frozen)}`;
  if (frozen.releaseRequestedAt !== null) return `${since}; to be let go${releasedBy(frozen)}`;
  return `${since}; \`assay run release ${shortId(id)} -r <why>\` lets it go, by itself ${formatTime(frozen.untilAt)}`;
}

function releasedBy({ releaseRequestedBy, releaseReason }: Frozen): string {
  return releaseRequestedBy === null ? " by its time limit" : ` by ${releaseRequestedBy}: ${releaseReason}`;
}
