/**
 * Whatever a drive answers or a file holds, the readers of it return values in their bounds or say what is wrong; they
 * never throw anything else, and never ask for memory that the bytes do not justify. Damage is seeded.
 */
import { CMDLOG_ENTRY_BYTES, CMDLOG_HEADER_BYTES, CmdlogFormatError, decodeCmdlog } from "@assay/protocol";
import { parseEvent } from "../src/admin/async-events";
import { field, fieldText } from "../src/buffer/field";
import {
  needsExtendedFormats,
  parseActiveList,
  parseController,
  parseNamespace,
  powerCyclesOf,
} from "../src/controller/identify";
import { NvmeError } from "../src/nvme-error";

const ROUNDS = 1500;
const HOST = {
  version: 0x20000,
  pageBytes: 4096,
  readyTimeoutMs: 500,
  maxQpairs: 16,
  maxQueueEntries: 1024,
  maxTransferBytes: 1 << 20,
};
const WORDS = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** xorshift32: the same damage in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Copies with one to six places changed; a fraction of them is pure noise. */
function* damaged(original: Uint8Array, rounds: number): Generator<Uint8Array> {
  const roll = dice(0x5eed);
  for (let round = 0; round < rounds; round++) {
    const bytes = original.slice();
    const view = new DataView(bytes.buffer);
    if (round % 16 === 0) for (let i = 0; i < bytes.length; i++) bytes[i] = roll(256);
    for (let n = roll(6); n >= 0; n--) {
      const at = roll(bytes.length - 4);
      if (roll(2) === 0) bytes[at] = roll(256);
      else view.setUint32(at & ~3, WORDS[roll(WORDS.length)]!, true);
    }
    yield bytes;
  }
}

test("an Identify Controller page gives limits that can be worked with", () => {
  for (const page of damaged(new Uint8Array(4096), ROUNDS)) {
    const identity = parseController(page, HOST);
    expect(identity.mdtsBytes).toBeGreaterThanOrEqual(HOST.pageBytes);
    expect(identity.mdtsBytes).toBeLessThanOrEqual(HOST.maxTransferBytes);
    expect(identity.model.length).toBeLessThanOrEqual(40);
    expect(identity.serial.length).toBeLessThanOrEqual(20);
    expect(identity.nqn).not.toContain("\0");
    expect(Number.isSafeInteger(identity.sqesMin)).toBe(true);
  }
});

test("an Identify Namespace page gives one of its formats and a capacity that follows from it", () => {
  const controller = new Uint8Array(4096);
  for (const page of damaged(new Uint8Array(4096), ROUNDS)) {
    const identity = parseNamespace(1, page, controller);
    expect(identity.lbaFormats.length).toBeGreaterThanOrEqual(1);
    expect(identity.lbaFormats.length).toBeLessThanOrEqual(64);
    expect(identity.capacityBytes).toBe(identity.lbaCount * BigInt(identity.lbaBytes));
    expect(identity.lbaCount >= 0n && identity.awupfLbas >= 1).toBe(true);
  }
});

test("extended LBA formats have a guard and a storage tag that there can be", () => {
  const page = new Uint8Array(4096).fill(0x3f, 25, 26);
  const least = { 16: 0, 32: 16, 64: 0 };
  const most = { 16: 32, 32: 64, 64: 48 };
  for (const nvmPage of damaged(new Uint8Array(4096), ROUNDS)) {
    const { lbaFormats, protection } = parseNamespace(1, page, new Uint8Array(4096), nvmPage);
    const possible = lbaFormats.filter(
      ({ guardBits, storageTagBits }) => storageTagBits! >= least[guardBits!] && storageTagBits! <= most[guardBits!],
    );
    expect(possible).toHaveLength(64);
    expect(protection!.storageMask! < 1n << BigInt(protection!.storageTagBits!)).toBe(true);
    expect(typeof needsExtendedFormats(page, nvmPage)).toBe("boolean");
  }
});

test("a list of namespaces ends at its first zero and never repeats beyond its page", () => {
  const full = new Uint8Array(4096).map((_, i) => (i % 4 === 0 ? 1 + (i >> 2) : 0));
  for (const page of damaged(full, ROUNDS)) {
    const list = parseActiveList(page);
    expect(list.length).toBeLessThanOrEqual(1024);
    expect(list).not.toContain(0);
  }
});

test("fields, events and counters of any page are numbers and texts", () => {
  const roll = dice(7);
  for (const page of damaged(new Uint8Array(512), ROUNDS / 4)) {
    const end = roll(512);
    const begin = roll(end + 1);
    expect(field(page, end, begin)).toBeGreaterThanOrEqual(0n);
    expect(fieldText(page, end, begin).length).toBeLessThanOrEqual(end - begin + 1);
    expect(powerCyclesOf(page)).toBeGreaterThanOrEqual(0n);
    const event = parseEvent(new DataView(page.buffer).getUint32(0, true));
    expect(event.type).toBeLessThanOrEqual(7);
    expect(() => field(page, 512 + roll(100))).toThrow(NvmeError);
  }
});

/** A recorder of a few entries, as native/core/cmdlog.h lays it out. */
function recorder(capacity: number, entries: number): Uint8Array {
  const file = Buffer.alloc(CMDLOG_HEADER_BYTES + capacity * CMDLOG_ENTRY_BYTES);
  file.write("ASSAYCLG", 0, "latin1");
  for (const [at, value] of [
    [8, 1],
    [12, CMDLOG_ENTRY_BYTES],
    [16, capacity],
    [20, 3],
  ] as const)
    file.writeUInt32LE(value, at);
  for (let n = 1; n <= entries; n++) {
    const at = CMDLOG_HEADER_BYTES + ((n - 1) % capacity) * CMDLOG_ENTRY_BYTES;
    file.writeBigUInt64LE(BigInt(n), at);
    file.writeUInt32LE(n % 4, at + 24);
  }
  return new Uint8Array(file);
}

test("a flight recorder's file is decoded or refused in words; entries are in order and at most as many as fit", () => {
  const roll = dice(11);
  let refused = 0;
  // The head decides most: half of the damage is done there.
  const whole = recorder(16, 40);
  const head = whole.slice(0, 256);
  const files = [...damaged(whole, ROUNDS / 2)];
  for (const start of damaged(head, ROUNDS / 2)) {
    const file = whole.slice();
    file.set(start);
    files.push(roll(4) === 0 ? file.slice(0, roll(file.length)) : file);
  }
  for (const file of files) {
    try {
      const { entries, capacity } = decodeCmdlog(file);
      expect(entries.length).toBeLessThanOrEqual(Math.min(capacity, file.length / CMDLOG_ENTRY_BYTES));
      expect(entries.every((entry, n) => n === 0 || entry.sequence > entries[n - 1]!.sequence)).toBe(true);
      expect(entries.every((entry) => entry.outstanding === (entry.completedNs === null))).toBe(true);
    } catch (reason) {
      if (!(reason instanceof CmdlogFormatError)) throw reason;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(files.length);
});
