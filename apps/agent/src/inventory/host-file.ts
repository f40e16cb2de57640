/** Reads host.yaml: every problem at once, each with line, column and a sentence. */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { type Document, isMap, isNode, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import { type HostFile, hostSchema, type SlotEntry } from "./host-schema";

export type { HostFile, PowerEntry, SimulatedEntry, SlotEntry } from "./host-schema";

/** Largest host file that is read, bytes. */
export const MAX_HOST_FILE_BYTES = 1024 * 1024;
/** Most problems that are told at once. */
const MAX_PROBLEMS = 50;

export interface HostFileProblem {
  line: number;
  column: number;
  message: string;
}

export class HostFileError extends Error {
  constructor(
    readonly file: string,
    readonly problems: HostFileProblem[],
  ) {
    super(problems.map((p) => `${file}:${p.line}:${p.column}: ${p.message}`).join("\n"));
    this.name = "HostFileError";
  }
}

/** Relative paths of drives, sockets and commands' arguments are not touched here; see `slotAddress`. @throws HostFileError */
export function parseHostFile(source: string, file: string): HostFile {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number, message: string): HostFileProblem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), message };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, MAX_PROBLEMS).map((error) => at(error.pos[0], error.message));
    throw new HostFileError(file, problems);
  }
  const parsed = hostSchema.safeParse(document.toJS({ maxAliasCount: 16 }));
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => explain(document, issue, at));
    problems.sort((a, b) => a.line - b.line || a.column - b.column);
    throw new HostFileError(file, problems.slice(0, MAX_PROBLEMS));
  }
  const twice = duplicates(parsed.data.slots, document, at);
  if (twice.length > 0) throw new HostFileError(file, twice);
  return parsed.data;
}

/** @throws HostFileError, also when the file cannot be read */
export function readHostFile(file: string): HostFile {
  let source: string;
  try {
    source = readFileSync(file, "utf8");
  } catch (error) {
    throw new HostFileError(file, [{ line: 1, column: 1, message: `cannot be read: ${(error as Error).message}` }]);
  }
  if (source.length > MAX_HOST_FILE_BYTES)
    throw new HostFileError(file, [{ line: 1, column: 1, message: `is larger than ${MAX_HOST_FILE_BYTES} bytes` }]);
  return parseHostFile(source, file);
}

/** Where the slot's drive is: file and socket paths are relative to the host file. */
export function slotAddress(slot: SlotEntry, hostFile: string): string {
  const { transport, address } = slot.path;
  const isPath = transport === "model" || transport === "spdk-vfio-user";
  return isPath && !isAbsolute(address) ? resolve(dirname(hostFile), address) : address;
}

type Locate = (offset: number, message: string) => HostFileProblem;

function explain(document: Document, issue: z.core.$ZodIssue, at: Locate): HostFileProblem[] {
  const where = issue.path.length === 0 ? "the file" : dotted(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const offset = keyOffset(document, issue.path, key) ?? offsetOf(document, issue.path);
      return at(offset, `unknown key "${key}" in ${where}`);
    });
  }
  if (issue.code === "invalid_union" && "discriminator" in issue && typeof issue.discriminator === "string") {
    const known = "options" in issue && Array.isArray(issue.options) ? `; known: ${issue.options.join(", ")}` : "";
    return [at(offsetOf(document, issue.path), `${where}: missing or unknown ${issue.discriminator}${known}`)];
  }
  return [at(offsetOf(document, issue.path), `${where}: ${issue.message}`)];
}

/** Offset of the deepest existing node on a path: a missing key points at the map that lacks it. */
function offsetOf(document: Document, path: PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const parent = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(parent) && parent.range) {
      return parent.range[0];
    }
  }
  return 0;
}

function keyOffset(document: Document, path: PropertyKey[], key: string): number | null {
  const parent = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(parent)) return null;
  const pair = parent.items.find((item) => String((item.key as { value?: unknown })?.value ?? item.key) === key);
  const node = pair?.key as Node | undefined;
  return node?.range?.[0] ?? null;
}

function dotted(path: PropertyKey[]): string {
  return path
    .map((part, n) => (typeof part === "number" ? `[${part}]` : `${n > 0 ? "." : ""}${String(part)}`))
    .join("");
}

/** Two slots with one name, one drive or one path are an error: each is a resource that one run holds alone. */
function duplicates(slots: SlotEntry[], document: Document, at: Locate): HostFileProblem[] {
  const problems: HostFileProblem[] = [];
  const items = document.get("slots", true);
  const claims: [string, (slot: SlotEntry) => string][] = [
    ["name", (slot) => slot.name],
    ["identity", (slot) => `${slot.identity.model} / ${slot.identity.serial}`],
    ["path", (slot) => `${slot.path.transport} ${slot.path.address} ${slot.path.nqn ?? ""}`.trim()],
  ];
  for (const [what, of] of claims) {
    const first = new Map<string, string>();
    slots.forEach((slot, n) => {
      const value = of(slot);
      const other = first.get(value);
      const item = isSeq(items) ? (items.items[n] as Node | undefined) : undefined;
      if (other === undefined) first.set(value, slot.name);
      else
        problems.push(
          at(item?.range?.[0] ?? 0, `slots[${n}]: the ${what} "${value}" is already that of slot "${other}"`),
        );
    });
  }
  return problems;
}
