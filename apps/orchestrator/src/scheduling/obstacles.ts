/**
 * Why a run cannot start, as one table in the order in which a person would ask: is it wanted, is it its turn, is the
 * drive ready, is the host there, does the slot allow it. Leases come last (assign-runs.ts).
 */
import type { BoardDut, BoardHost, BoardRun, BoardSlot } from "./board";
import { type BoardIndex, chainId } from "./board-index";

type Obstacle = (run: BoardRun, index: BoardIndex) => string | null;
type PlacedObstacle = (run: BoardRun, place: Place, index: BoardIndex) => string | null;

export interface Place {
  dut: BoardDut;
  slot: BoardSlot;
  host: BoardHost;
}

const INTENT_WORDS: Record<BoardDut["intent"], string> = {
  available: "available",
  hold: "on hold",
  quarantined: "quarantined",
  repairing: "under repair",
  maintenance: "in maintenance",
  retired: "retired",
};
const HOST_WORDS: Record<BoardHost["intent"], string> = {
  active: "active",
  draining: "draining",
  maintenance: "in maintenance",
  retired: "retired",
};

/** To the minute, for people. */
const minuteUtc = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
const because = (reason: string | null) => (reason ? `: ${reason}` : "");
const since = (ms: number | null) => (ms === null ? "" : ` since ${minuteUtc(ms)}`);

/** Obstacles of the run and its drive, wherever that is. */
const OBSTACLES: Obstacle[] = [
  function pausedCampaign(run, { campaign }) {
    const its = run.campaignId === null ? undefined : campaign.get(run.campaignId);
    return its === undefined || its.intent === "active" ? null : `campaign ${its.name} is ${its.intent}`;
  },
  function turn(run, index) {
    if (run.campaignId === null) return null;
    const head = index.headOfChain.get(chainId(run));
    if (head === undefined || head.id === run.id) return null;
    return `${head.planName} (run ${head.id}) of the same campaign comes first on this DUT`;
  },
  function intent(run, { dut }) {
    const it = dut.get(run.dutId);
    if (it === undefined) return "its DUT is unknown";
    if (it.intent === "available") return null;
    return `DUT ${it.serial} is ${INTENT_WORDS[it.intent]}${since(it.intentSinceMs)}${because(it.intentReason)}`;
  },
  function identityInDoubt(run, { dut }) {
    const it = dut.get(run.dutId)!;
    return it.conflict === null ? null : `the identity of DUT ${it.serial} is in doubt: ${it.conflict}`;
  },
  function health(run, { dut }) {
    const it = dut.get(run.dutId)!;
    return it.health === "bad" ? `DUT ${it.serial} is bad${because(it.healthReason)}` : null;
  },
  function busy(run, { dut, activeOfDut }) {
    const other = activeOfDut.get(run.dutId);
    return other === undefined ? null : `DUT ${dut.get(run.dutId)!.serial} is busy with run ${other.id}`;
  },
  function missing(run, { dut, slotOfDut }) {
    return slotOfDut.has(run.dutId) ? null : `DUT ${dut.get(run.dutId)!.serial} is in no slot now`;
  },
];

/** Obstacles of the place where the drive is. */
const PLACED_OBSTACLES: PlacedObstacle[] = [
  function hostIntent(_run, { host }) {
    if (host.intent === "active") return null;
    return `host ${host.name} is ${HOST_WORDS[host.intent]}${because(host.intentReason)}`;
  },
  function hostObserved(_run, { host }) {
    return host.observed === "offline" ? `host ${host.name} is offline${since(host.lastHeartbeatMs)}` : null;
  },
  function slotState(_run, { slot, host }) {
    if (slot.state === "idle" || slot.state === "leased") return null;
    return `slot ${slot.name} of host ${host.name} is ${slot.state}${because(slot.stateReason)}`;
  },
  function guard(_run, { slot, host }) {
    return slot.blocked === null ? null : `the guard of host ${host.name} blocks slot ${slot.name}: ${slot.blocked}`;
  },
  function effects(run, { slot, host }) {
    const refused = run.effects.filter((effect) => !slot.effects.includes(effect));
    if (refused.length === 0) return null;
    return `the file of host ${host.name} does not allow ${refused.join(", ")} in slot ${slot.name}`;
  },
  function power(run, { slot, host }) {
    return run.needsPower && !slot.power ? `nothing can cut the power of slot ${slot.name} of host ${host.name}` : null;
  },
  function spool(run, { host }) {
    if (host.spoolFreeBytes === null || run.spoolBytes <= host.spoolFreeBytes) return null;
    return `the spool of host ${host.name} has ${host.spoolFreeBytes} bytes left, the run may need ${run.spoolBytes}`;
  },
];

/** Where the run would go, or the first reason why it cannot. */
export function findPlace(run: BoardRun, index: BoardIndex): Place | string {
  for (const obstacle of OBSTACLES) {
    const reason = obstacle(run, index);
    if (reason !== null) return reason;
  }
  const slot = index.slotOfDut.get(run.dutId)!;
  const host = index.host.get(slot.hostId);
  if (host === undefined) return `the host of slot ${slot.name} is unknown`;
  const place = { dut: index.dut.get(run.dutId)!, slot, host };
  for (const obstacle of PLACED_OBSTACLES) {
    const reason = obstacle(run, place, index);
    if (reason !== null) return reason;
  }
  return place;
}
