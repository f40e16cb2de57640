/** What a worker does when a script says little: a limit is enough. */
import { codeOf, withDrive } from "./bench-drive";

const DEFAULTS = { opcode: 2, lbaCount: 8 };

test("with nothing but a limit it reads 8 LBAs at random places, 64 at once, and tells its seed", () =>
  withDrive({}, async ({ ns }) => {
    const handle = ns.startIoWorker({ ioCount: 2000, lastCommands: 2000 });
    const result = await handle.result;
    expect(result).toMatchObject({ end: "done", reads: 2000n, readBytes: 2000n * 4096n, writes: 0n });
    const told = result.lastCommands.map(({ opcode, lbaCount }) => ({ opcode, lbaCount }));
    expect(told).toEqual(Array(2000).fill(DEFAULTS));
    const places = (commands: typeof result.lastCommands) => commands.map(({ slba }) => slba).sort();
    expect(new Set(places(result.lastCommands)).size).toBeGreaterThan(500);
    // The seed makes the same commands again, another worker has another one.
    const again = await ns.startIoWorker({ ioCount: 2000, lastCommands: 2000, seed: handle.seed }).result;
    expect(places(again.lastCommands)).toEqual(places(result.lastCommands));
    const other = ns.startIoWorker({ ioCount: 1 });
    await other.result;
    expect(other.seed).not.toBe(handle.seed);
    expect([handle.worker, other.worker]).toEqual([0, 2]);
  }));

test("what is given counts, and a mix or a sequence needs no more than itself", () =>
  withDrive({ spec: { maxQueueEntries: 16 }, depth: 4 }, async ({ ns }) => {
    const writes = await ns.startIoWorker({ ioCount: 40, readPercent: 0, worker: undefined }).result;
    expect(writes).toMatchObject({ end: "done", writes: 40n });
    expect(await ns.startIoWorker({ operations: { flush: 100 }, ioCount: 5 }).result).toMatchObject({ flushes: 5n });
    const replay = ns.startIoWorker({ sequence: [{ atUs: 0, opcode: "read", slba: 1n, lbaCount: 2 }] });
    expect(await replay.result).toMatchObject({ end: "done", reads: 1n, readBytes: 1024n });
    const stopped = ns.startIoWorker({ timeMs: 60_000, depth: 1, lastCommands: 1 });
    stopped.stop();
    expect((await stopped.result).end).toBe("stopped");
  }));

test("a sequential start is inside the region, and of sequential commands only", () =>
  withDrive({}, async ({ ns }) => {
    const fill = { randomPercent: 0, ioCount: 3, depth: 1, regionStartLba: 100n, regionLbas: 100n };
    const result = await ns.startIoWorker({ ...fill, startLba: 190n, lastCommands: 3 }).result;
    expect(result.lastCommands).toMatchObject([
      { slba: 190n, lbaCount: 8 },
      { slba: 198n, lbaCount: 2 },
      { slba: 100n, lbaCount: 8 },
    ]);
    await expect(async () => ns.startIoWorker({ ...fill, startLba: 200n })).rejects.toThrow(
      "startLba is 200n, it must be a bigint from 100 to 199",
    );
    expect(await codeOf(() => ns.startIoWorker({ ioCount: 1, startLba: 1n }))).toBe("ERR_ARGUMENT");
    await expect(async () => ns.startIoWorker({ ...fill, stepLbas: -8, startLba: 193n })).rejects.toThrow(
      "startLba is 193n, with a step below 0 the largest command must fit between it and the region's end, 200",
    );
    await expect(async () => ns.startIoWorker({ ...fill, passes: 1, startLba: 190n })).rejects.toThrow(
      "startLba and passes exclude one another: a pass begins where the region does",
    );
    const sequence = [{ atUs: 0, opcode: "flush" as const }];
    expect(await codeOf(() => ns.startIoWorker({ sequence, startLba: 1n }))).toBe("ERR_ARGUMENT");
  }));
