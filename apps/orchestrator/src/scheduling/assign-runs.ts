/** The scheduler: pure. A board goes in; assignments, and for every other run the reason why it waits, come out. */
import type { Assignment, Board, BoardRun, Resource, WaitingRun } from "./board";
import { type BoardIndex, indexBoard, resourceId } from "./board-index";
import { findPlace, type Place, placeOf } from "./obstacles";

/** So long a wait counts as one step of priority: nobody starves behind more important runs. */
export const AGEING_MS = 30 * 60 * 1000;

export interface Assignments {
  assignments: Assignment[];
  waiting: WaitingRun[];
}

/**
 * Assigns every queued run that can start now. The result does not depend on the order of the board's lists.
 * Runs are served by priority (raised by waiting), then by how long they, or their campaign on that DUT, were not
 * served. A run that waits only for leases keeps what it needs from those behind it.
 */
export function assignRuns(board: Board): Assignments {
  return new Assigning(board).serve(board.queued);
}

/** A pass under way: heads of lines may come in portions, and what was given to one is gone for the next. */
export class Assigning {
  private readonly index: BoardIndex;
  private readonly reserved = new Map<string, string>();
  private readonly spoolLeft: Map<string, number | null>;

  constructor(private readonly board: Board) {
    this.index = indexBoard(board);
    this.spoolLeft = new Map(board.hosts.map((host) => [host.id, host.spoolFreeBytes]));
  }

  /** Why no run can start on the drive; null when one could, had it what it needs. */
  barred(dutId: string): string | null {
    const place = placeOf(dutId, this.index);
    return typeof place === "string" ? place : null;
  }

  /** Whether no further run of the drive can start in this pass. */
  isSettled(dutId: string): boolean {
    const { slotOfDut, activeOfDut, holder } = this.index;
    const slot = slotOfDut.get(dutId);
    if (slot === undefined || activeOfDut.has(dutId)) return true;
    const its = resourceId({ kind: "slot", key: slot.id });
    return holder.has(its) || this.reserved.has(its);
  }

  /** At most `most` are started; who stands behind the last of them is not looked at. */
  serve(queued: readonly BoardRun[], most = Number.POSITIVE_INFINITY): Assignments {
    const { index, reserved, spoolLeft } = this;
    const assignments: Assignment[] = [];
    const waiting: WaitingRun[] = [];
    for (const run of inOrderOfService(queued, this.board.nowMs)) {
      if (assignments.length === most) break;
      const place = findPlace(run, index);
      const reason = typeof place === "string" ? place : findLeaseObstacle(run, place, index, reserved, spoolLeft);
      if (reason !== null) {
        waiting.push({ runId: run.id, reason });
        continue;
      }
      const { slot, host } = place as Place;
      const resources = resourcesOf(run, place as Place, index);
      for (const resource of resources) index.holder.set(resourceId(resource), run.id);
      index.activeOfDut.set(run.dutId, run);
      const left = spoolLeft.get(host.id);
      if (left !== null && left !== undefined) spoolLeft.set(host.id, left - run.spoolBytes);
      assignments.push({ runId: run.id, hostId: host.id, slotId: slot.id, resources });
    }
    return { assignments, waiting };
  }
}

/** All that the run must hold alone, own slot first. */
export function resourcesOf(run: BoardRun, { slot, host }: Place, index: BoardIndex): Resource[] {
  const resources: Resource[] = [{ kind: "slot", key: slot.id }];
  const take = (kind: "power_domain" | "host", key: string, slots: { id: string }[] | undefined) => {
    resources.push({ kind, key });
    for (const other of slots ?? []) resources.push({ kind: "slot", key: other.id });
  };
  // Slots of one power domain lose power together, so nobody else may be at work in it.
  if (run.effects.includes("power-cycles") && slot.powerDomain !== null) {
    take("power_domain", slot.powerDomain.id, index.slotsOfDomain.get(slot.powerDomain.id));
  }
  if (run.isolation === "host") take("host", host.id, index.slotsOfHost.get(host.id));
  const seen = new Set<string>();
  return resources.filter((resource) => !seen.has(resourceId(resource)) && seen.add(resourceId(resource)));
}

function findLeaseObstacle(
  run: BoardRun,
  place: Place,
  index: BoardIndex,
  reserved: Map<string, string>,
  spoolLeft: Map<string, number | null>,
): string | null {
  const resources = resourcesOf(run, place, index);
  // A lease on the whole host or power domain is in the way even where a slot was added to it since.
  const watched = [...resources, { kind: "host", key: place.host.id } as Resource];
  if (place.slot.powerDomain !== null) watched.push({ kind: "power_domain", key: place.slot.powerDomain.id });
  const left = spoolLeft.get(place.host.id) ?? null;
  if (left !== null && run.spoolBytes > left) return `the spool of host ${place.host.name} is promised to other runs`;
  let reason: string | null = null;
  for (const resource of watched) {
    const holder = index.holder.get(resourceId(resource));
    if (holder !== undefined) reason ??= `${nameOf(resource, index)} is leased by run ${holder}`;
    const first = reserved.get(resourceId(resource));
    if (first !== undefined) reason ??= `${nameOf(resource, index)} is kept for run ${first}, which comes first`;
  }
  if (reason === null) return null;
  for (const resource of resources) {
    const id = resourceId(resource);
    if (!reserved.has(id)) reserved.set(id, run.id);
  }
  return reason;
}

function nameOf(resource: Resource, index: BoardIndex): string {
  const slot = resource.kind === "slot" ? index.slot.get(resource.key) : undefined;
  if (slot !== undefined) return `slot ${slot.name} of host ${index.host.get(slot.hostId)?.name ?? "?"}`;
  if (resource.kind === "host") return `host ${index.host.get(resource.key)?.name ?? resource.key}`;
  const domain = index.slotsOfDomain.get(resource.key)?.[0]?.powerDomain?.name;
  return `power domain ${domain ?? resource.key}`;
}

function inOrderOfService(queued: readonly BoardRun[], nowMs: number): BoardRun[] {
  const rank = new Map<BoardRun, { level: number; since: number }>();
  for (const run of queued) {
    const since = Math.max(run.submittedMs, run.lastServedMs ?? 0);
    const level = run.priority + Math.floor(Math.max(0, nowMs - since) / AGEING_MS);
    rank.set(run, { level, since });
  }
  return [...queued].sort((a, b) => {
    const x = rank.get(a)!;
    const y = rank.get(b)!;
    return y.level - x.level || x.since - y.since || a.submittedMs - b.submittedMs || (a.id < b.id ? -1 : 1);
  });
}
