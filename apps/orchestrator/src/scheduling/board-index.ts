/** The board, looked up by id: built once per pass. */
import type { Board, BoardActiveRun, BoardCampaign, BoardDut, BoardHost, BoardRun, BoardSlot, Resource } from "./board";

export interface BoardIndex {
  nowMs: number;
  host: Map<string, BoardHost>;
  slot: Map<string, BoardSlot>;
  dut: Map<string, BoardDut>;
  campaign: Map<string, BoardCampaign>;
  slotOfDut: Map<string, BoardSlot>;
  slotsOfHost: Map<string, BoardSlot[]>;
  slotsOfDomain: Map<string, BoardSlot[]>;
  /** Active run of a DUT. */
  activeOfDut: Map<string, BoardActiveRun>;
  /** Unfinished runs of one campaign on one DUT with the lowest ordinal. */
  headOfChain: Map<string, BoardActiveRun>;
  /** Resource -> run that holds it. */
  holder: Map<string, string>;
}

export const resourceId = (resource: Resource) => `${resource.kind}/${resource.key}`;
export const chainId = (run: BoardActiveRun) => `${run.campaignId}/${run.dutId}`;

export function indexBoard(board: Board): BoardIndex {
  const here = board.slots.filter((slot) => !slot.removed);
  return {
    nowMs: board.nowMs,
    host: byId(board.hosts),
    slot: byId(board.slots),
    dut: byId(board.duts),
    campaign: byId(board.campaigns),
    slotOfDut: new Map(here.flatMap((slot) => (slot.dutId === null ? [] : [[slot.dutId, slot] as const]))),
    slotsOfHost: group(here, (slot) => slot.hostId),
    slotsOfDomain: group(here, (slot) => slot.powerDomain?.id ?? null),
    activeOfDut: new Map(board.active.map((run) => [run.dutId, run])),
    headOfChain: headsOfChains(board.active, board.queued),
    holder: new Map(board.leases.map((lease) => [resourceId(lease), lease.runId])),
  };
}

function headsOfChains(active: readonly BoardActiveRun[], queued: readonly BoardRun[]): Map<string, BoardActiveRun> {
  const heads = new Map<string, BoardActiveRun>();
  const consider = (run: BoardActiveRun) => {
    if (run.campaignId === null) return;
    const head = heads.get(chainId(run));
    const before =
      head === undefined || run.ordinal < head.ordinal || (run.ordinal === head.ordinal && run.id < head.id);
    if (before) heads.set(chainId(run), run);
  };
  queued.forEach(consider);
  // An active run is the head, whatever the order says: it is on the drive now.
  for (const run of active) if (run.campaignId !== null) heads.set(chainId(run), run);
  return heads;
}

function byId<T extends { id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}

function group<T extends { id: string }>(rows: readonly T[], key: (row: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const k = key(row);
    if (k === null) continue;
    const members = groups.get(k);
    if (members === undefined) groups.set(k, [row]);
    else members.push(row);
  }
  for (const members of groups.values()) members.sort((a, b) => (a.id < b.id ? -1 : 1));
  return groups;
}
