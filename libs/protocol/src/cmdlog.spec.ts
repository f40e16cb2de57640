import { CMDLOG_ENTRY_BYTES, CMDLOG_HEADER_BYTES, CmdlogFormatError, decodeCmdlog } from "./cmdlog";

function ring(capacity: number): Buffer {
  const file = Buffer.alloc(CMDLOG_HEADER_BYTES + capacity * CMDLOG_ENTRY_BYTES);
  file.write("ASSAYCLG", 0, "latin1");
  file.writeUInt32LE(1, 8);
  file.writeUInt32LE(CMDLOG_ENTRY_BYTES, 12);
  file.writeUInt32LE(capacity, 16);
  file.writeUInt16LE(3, 20);
  file.writeBigUInt64LE(1_000n, 24);
  file.writeBigUInt64LE(1_700_000_000_000_001_000n, 32);
  file.writeUInt32LE(4242, 48);
  file.write("worker 0", 56);
  return file;
}

function put(file: Buffer, capacity: number, sequence: number, done: boolean): void {
  const at = CMDLOG_HEADER_BYTES + ((sequence - 1) % capacity) * CMDLOG_ENTRY_BYTES;
  file.writeBigUInt64LE(BigInt(sequence), at);
  file.writeBigUInt64LE(BigInt(sequence * 10), at + 8);
  file.writeBigUInt64LE(BigInt(sequence * 10 + 5), at + 16);
  file.writeUInt32LE(done ? 1 : 0, at + 24);
  file.writeUInt32LE((7 << 16) | 0x02, at + 32);
  file.writeUInt32LE(1, at + 36);
  file.writeBigUInt64LE(0x1_0000_0005n, at + 32 + 40);
  // Unrecovered Read Error, 2/81, do not retry
  file.writeUInt16LE(0x8000 | (2 << 9) | (0x81 << 1) | 1, at + 96 + 14);
}

describe("cmdlog decoder", () => {
  it("reads the newest commands oldest first, also after the ring went round", () => {
    const file = ring(4);
    for (let s = 1; s <= 6; s++) put(file, 4, s, s !== 6);
    const log = decodeCmdlog(file);
    expect(log).toMatchObject({ qid: 3, label: "worker 0", pid: 4242, capacity: 4 });
    expect(log.entries.map((e) => Number(e.sequence))).toEqual([3, 4, 5, 6]);
    expect(log.entries[0]).toMatchObject({
      opcode: 2,
      cid: 7,
      nsid: 1,
      slba: 0x1_0000_0005n,
      sct: 2,
      sc: 0x81,
      dnr: true,
      outstanding: false,
    });
    expect(log.entries[0]!.submittedNs).toBe(1_700_000_000_000_000_030n);
    expect(log.entries[3]).toMatchObject({ outstanding: true, completedNs: null, sc: 0 });
  });

  it("leaves out an entry that was being replaced and one in the wrong place", () => {
    const file = ring(4);
    put(file, 4, 1, true);
    file.writeBigUInt64LE(0n, CMDLOG_HEADER_BYTES);
    file.writeBigUInt64LE(99n, CMDLOG_HEADER_BYTES + CMDLOG_ENTRY_BYTES);
    expect(decodeCmdlog(file).entries).toEqual([]);
  });

  it("reads what is there of a file that was cut short", () => {
    const file = ring(4);
    for (let s = 1; s <= 4; s++) put(file, 4, s, true);
    const cut = file.subarray(0, CMDLOG_HEADER_BYTES + 2 * CMDLOG_ENTRY_BYTES + 60);
    expect(decodeCmdlog(cut).entries.map((e) => Number(e.sequence))).toEqual([1, 2]);
  });

  it("survives 20,000 random mutations with an answer or a CmdlogFormatError", () => {
    const file = ring(8);
    for (let s = 1; s <= 12; s++) put(file, 8, s, true);
    let state = 12345;
    const next = () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state;
    };
    for (let round = 0; round < 20_000; round++) {
      const mutant = Buffer.from(file.subarray(0, round % 3 === 0 ? next() % (file.length + 1) : file.length));
      for (let n = 0; n < 4 && mutant.length > 0; n++) mutant[next() % mutant.length] = next() & 0xff;
      try {
        const { entries, capacity } = decodeCmdlog(mutant);
        expect(entries.length).toBeLessThanOrEqual(capacity);
      } catch (error) {
        expect(error).toBeInstanceOf(CmdlogFormatError);
      }
    }
  });

  it.each([
    ["a foreign file", (f: Buffer) => f.write("ELF", 0), /not a cmdlog/],
    ["another version", (f: Buffer) => f.writeUInt32LE(9, 8), /version 9, this reader knows 1/],
    ["another entry size", (f: Buffer) => f.writeUInt32LE(64, 12), /entries of 64 bytes/],
    ["no capacity", (f: Buffer) => f.writeUInt32LE(0, 16), /capacity 0/],
  ])("refuses %s in words", (_name, spoil, message) => {
    const file = ring(4);
    spoil(file);
    expect(() => decodeCmdlog(file)).toThrow(message);
  });
});
