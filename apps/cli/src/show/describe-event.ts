import { type FrozenCommand, frozenCommand } from "./frozen";
import { formatNumber } from "./quantities";

/** One journalled event as one line for people; null for what is only numbers (samples, histograms). */
export interface JournalledEvent {
  seq: number;
  atMs: number;
  body: { type: string; [field: string]: unknown };
}
type Body = JournalledEvent["body"];

const place = ({ path, iteration }: Body) =>
  Array.isArray(iteration) && iteration.length > 0
    ? `${path} #${iteration.map((n) => Number(n) + 1).join(".")}`
    : `${path}`;
const because = (reason: unknown) => (reason === null || reason === undefined || reason === "" ? "" : `: ${reason}`);
const pairs = (fields: unknown) =>
  Object.entries((fields ?? {}) as Record<string, unknown>)
    .map(([name, value]) => `${name} ${typeof value === "number" ? formatNumber(value) : value}`)
    .join(", ");
const hex = (value: unknown) => Number(value).toString(16).padStart(2, "0");

/** One line per event type; a type that this version does not know is named and not hidden. */
const lines: Record<string, (body: Body) => string | null> = {
  started: (b) => `started on ${b.hostImplementation}, kernel ${b.kernel}, seed ${b.seed}`,
  identity: (b) => {
    const drive = b.identity as { model?: string; serial?: string; firmware?: string } | undefined;
    const verdict = b.matches ? "is the drive of the order" : "IS NOT THE DRIVE OF THE ORDER";
    return `identity at ${b.moment}: ${drive?.model} ${drive?.serial} firmware ${drive?.firmware} ${verdict}`;
  },
  refused: (b) => `refused by the guard (${b.rule})${because(b.reason)}`,
  "step-started": (b) => `step ${place(b)} (${b.kind})`,
  "effect-intent": (b) => `effect ${b.effect} in ${place(b)} begins`,
  "effect-outcome": (b) =>
    `effect ${b.effect} in ${place(b)} ${b.ok ? "done" : "failed"}${b.witness === null ? "" : ` (witness: ${b.witness})`}`,
  "step-finished": (b) => `step ${place(b)} ${b.outcome} in ${Math.round(Number(b.durationMs))} ms${because(b.reason)}`,
  metrics: (b) => `metrics ${place(b)}: ${pairs(b.values)}`,
  samples: () => null,
  histogram: () => null,
  snapshot: (b) => `snapshot ${place(b)} of ${b.of}`,
  miscompare: (b) => `MISCOMPARE ${b.kind} at LBA ${b.lba}: expected ${b.expected}, got ${b.got}`,
  status: (b) => `status ${hex(b.sct)}/${hex(b.sc)} on opcode ${hex(b.opcode)}h, ${b.count} times, in ${place(b)}`,
  frozen: (b) => `FROZEN at ${frozenCommand(b as unknown as FrozenCommand)}: parked until it is released`,
  released: (b) => `released by ${b.by === "operator" ? "an operator" : "the plan's time limit"}`,
  log: (b) => `${b.level}: ${b.text}`,
  criterion: (b) =>
    `criterion ${b.id}${b.iteration === null ? "" : ` #${Number(b.iteration) + 1}`} ${b.outcome}${because(b.reason)}`,
  capture: (b) => `captured ${b.of}`,
  exposure: (b) => `exposure: ${b.writtenBytes} bytes written, ${b.readBytes} read, ${b.powerCycles} power cycles`,
  finished: (b) => `finished ${b.outcome}${because(b.reason)}`,
  gap: (b) => `gap: ${b.shed} of ${b.fromSeq}..${b.toSeq} was shed${because(b.reason)}`,
  ended: (b) => `ended (${b.cause})${because(b.detail)}`,
};

export function describeEvent({ body }: JournalledEvent): string | null {
  const line = lines[body.type];
  return line === undefined ? `${body.type}: ${JSON.stringify(body)}` : line(body);
}
