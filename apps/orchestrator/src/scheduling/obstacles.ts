/**
 * Why a run cannot start, as tables in the order in which a person would ask: is it wanted, is it its turn, is the
 * drive ready, is the host there, does the slot allow it. Leases come last (assign-runs.ts). What bars a drive bars it
 * for all its runs alike: it is found once per drive.
 */
import type { BoardDut, BoardHost, BoardRun, BoardSlot } from "./board";
import { type BoardIndex, chainId } from "./board-index";

type RunObstacle = (run: BoardRun, index: BoardIndex) => string | null;
type DutObstacle = (dutId: string, index: BoardIndex) => string | null;
type PlaceObstacle = (place: Place) => string | null;
type FitObstacle = (run: BoardRun, place: Place) => string | null;

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

/** Said for reading in runs/waiting-reason.ts too: a run behind others in its campaign is never on the board of a pass. */
const RUN_OBSTACLES: RunObstacle[] = [
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
];

/** Of the drive, wherever it is. */
const DUT_OBSTACLES: DutObstacle[] = [
  function intent(dutId, { dut }) {
    const it = dut.get(dutId);
    if (it === undefined) return "its DUT is unknown";
    if (it.intent === "available") return null;
    return `DUT ${it.serial} is ${INTENT_WORDS[it.intent]}${since(it.intentSinceMs)}${because(it.intentReason)}`;
  },
  function identityInDoubt(dutId, { dut }) {
    const it = dut.get(dutId)!;
    return it.conflict === null ? null : `the identity of DUT ${it.serial} is in doubt: ${it.conflict}`;
  },
  function health(dutId, { dut }) {
    const it = dut.get(dutId)!;
    return it.health === "bad" ? `DUT ${it.serial} is bad${because(it.healthReason)}` : null;
  },
  function busy(dutId, { dut, activeOfDut }) {
    const other = activeOfDut.get(dutId);
    return other === undefined ? null : `DUT ${dut.get(dutId)!.serial} is busy with run ${other.id}`;
  },
  function missing(dutId, { dut, slotOfDut }) {
    return slotOfDut.has(dutId) ? null : `DUT ${dut.get(dutId)!.serial} is in no slot now`;
  },
];

/** Of the place where the drive is. */
const PLACE_OBSTACLES: PlaceObstacle[] = [
  function hostIntent({ host }) {
    if (host.intent === "active") return null;
    return `host ${host.name} is ${HOST_WORDS[host.intent]}${because(host.intentReason)}`;
  },
  function hostObserved({ host }) {
    return host.observed === "offline" ? `host ${host.name} is offline${since(host.lastHeartbeatMs)}` : null;
  },
  function slotState({ slot, host }) {
    if (slot.state === "idle" || slot.state === "leased") return null;
    return `slot ${slot.name} of host ${host.name} is ${slot.state}${because(slot.stateReason)}`;
  },
  function guard({ slot, host }) {
    return slot.blocked === null ? null : `the guard of host ${host.name} blocks slot ${slot.name}: ${slot.blocked}`;
  },
];

/** Of this run in that place. */
const FIT_OBSTACLES: FitObstacle[] = [
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

/** Where runs of the drive would go, or the first reason why none can start there. */
export function placeOf(dutId: string, index: BoardIndex): Place | string {
  const barred = firstReason(DUT_OBSTACLES, (obstacle) => obstacle(dutId, index));
  if (barred !== null) return barred;
  const slot = index.slotOfDut.get(dutId)!;
  const host = index.host.get(slot.hostId);
  if (host === undefined) return `the host of slot ${slot.name} is unknown`;
  const place = { dut: index.dut.get(dutId)!, slot, host };
  return firstReason(PLACE_OBSTACLES, (obstacle) => obstacle(place)) ?? place;
}

/** Where the run would go, or the first reason why it cannot. */
export function findPlace(run: BoardRun, index: BoardIndex): Place | string {
  const notYet = firstReason(RUN_OBSTACLES, (obstacle) => obstacle(run, index));
  if (notYet !== null) return notYet;
  const place = placeOf(run.dutId, index);
  if (typeof place === "string") return place;
  return firstReason(FIT_OBSTACLES, (obstacle) => obstacle(run, place)) ?? place;
}

function firstReason<T>(obstacles: readonly T[], ask: (obstacle: T) => string | null): string | null {
  for (const obstacle of obstacles) {
    const reason = ask(obstacle);
    if (reason !== null) return reason;
  }
  return null;
}
