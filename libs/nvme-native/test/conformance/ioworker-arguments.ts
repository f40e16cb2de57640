/** What a worker is refused before it starts (B110). */
import { type IoWorkerOptions, NvmeError } from "../../src";
import { worker } from "../bench-drive";
import { behaviour, type ConformanceBench } from "./behaviour";

/** The message that these options are refused with. */
function refusal({ ns }: ConformanceBench, options: object): string {
  try {
    ns.startIoWorker(worker({ ioCount: 1, ...options }) as IoWorkerOptions);
  } catch (reason) {
    if (reason instanceof NvmeError && reason.code === "ERR_ARGUMENT") return reason.message;
    throw reason;
  }
  return "accepted";
}

behaviour(
  "B110",
  "a depth of 0 or above the drive's own limit is refused, the limit itself and 1 are legal",
  {},
  async (bench) => {
    const most = bench.controller.identity.maxQueueEntries - 1;
    expect(refusal(bench, { depth: 0 })).toBe(`depth is 0, it must be an integer from 1 to ${most}`);
    expect(refusal(bench, { depth: most + 1 })).toBe(`depth is ${most + 1}, it must be an integer from 1 to ${most}`);
    for (const depth of [1, most]) {
      const result = await bench.ns.startIoWorker(worker({ sizeBytes: bench.ns.identity.lbaBytes, depth, ioCount: 50 }))
        .result;
      expect(result).toMatchObject({ end: "done", operations: expect.anything() });
      expect(result.reads + result.writes).toBe(50n);
    }
  },
);

behaviour(
  "B110",
  "percentages outside 0 to 100, and shares that do not add up, are refused with argument, value and limit",
  {},
  async (bench) => {
    expect(refusal(bench, { readPercent: 101 })).toBe("readPercent is 101, it must be an integer from 0 to 100");
    expect(refusal(bench, { randomPercent: 101 })).toBe("randomPercent is 101, it must be an integer from 0 to 100");
    expect(refusal(bench, { randomPercent: [50] })).toBe(
      "randomPercent is an array, it must be an integer from 0 to 100",
    );
    const operations = (list: unknown) => refusal(bench, { readPercent: undefined, operations: list });
    expect(operations({ read: 50, write: 49 })).toBe("operations add up to 99 percent, they must add up to 100");
    expect(operations({ read: 50, 2: 50 })).toBe("operations has opcode 2 twice");
    expect(operations({ read: 50.5, write: 49.5 })).toContain("operations[0].percent is 50.5");
    expect(operations({ format: 100 })).toContain(
      'operations[0].opcode is "format", it must be one of flush, write, read',
    );
    expect(operations([{ opcode: 256, percent: 100 }])).toBe(
      "operations[0].opcode is 256, it must be an integer from 0 to 255",
    );
    expect(operations([{ opcode: 0xc1, percent: 100, data: "to-device" }])).toContain(
      "operations[0].dataBytes is undefined",
    );
    expect(refusal(bench, { operations: { read: 100 } })).toBe("readPercent and operations exclude one another");
  },
);

behaviour("B110", "sizes that the region, the LBA or the drive's MDTS do not allow are refused", {}, async (bench) => {
  const { lbaBytes } = bench.ns.identity;
  const { mdtsBytes } = bench.controller.identity;
  expect(refusal(bench, { sizeBytes: [lbaBytes, 8 * lbaBytes], regionLbas: 4n })).toBe(
    `sizeBytes[1] is ${8 * lbaBytes}, it must fit into the region of 4 LBAs`,
  );
  expect(refusal(bench, { sizeBytes: 0 })).toContain("sizeBytes is 0");
  expect(refusal(bench, { sizeBytes: lbaBytes + 1 })).toContain(`it must be a multiple of the LBA size, ${lbaBytes}`);
  expect(refusal(bench, { sizeBytes: mdtsBytes + lbaBytes })).toContain(
    `sizeBytes is ${mdtsBytes + lbaBytes}, it must be an integer from`,
  );
  expect(refusal(bench, { sizeBytes: 0x10001 * lbaBytes })).toContain(`sizeBytes is ${0x10001 * lbaBytes}`);
});

behaviour(
  "B110",
  "a worker without any limit is refused, and so is what makes no sense together",
  {},
  async (bench) => {
    expect(refusal(bench, { ioCount: null })).toBe(
      "one of timeMs, ioCount, passes and untilPowerLost must say when the worker ends",
    );
    expect(refusal(bench, { pattern: { kind: "random", value: 5 } })).toBe(
      'pattern.value does not belong to pattern.kind "random"',
    );
    expect(refusal(bench, { skipUncorrectable: true })).toBe(
      "skipUncorrectable is true, openVerifyTable must come first",
    );
    expect(refusal(bench, { lastCommands: 2_000_000 })).toBe(
      "lastCommands is 2000000, it must be an integer from 0 to 1048576",
    );
    expect(refusal(bench, { priority: 4 })).toBe("priority is 4, it must be one of 0, 1, 2, 3");
    const sequence = [{ atUs: 0, opcode: "read", slba: 0n, lbaCount: 1 }];
    expect(refusal(bench, { sequence })).toBe("sizeBytes and sequence exclude one another");
    const replay = (steps: object[]) =>
      refusal(bench, { sizeBytes: undefined, randomPercent: undefined, readPercent: undefined, sequence: steps });
    expect(replay([])).toBe("sequence must be an array of 1 to 1000000 commands");
    expect(replay([{ ...sequence[0], atUs: 5 }, ...sequence])).toBe(
      "sequence[1].atUs is 0, it must not be before sequence[0], 5",
    );
    expect(replay([{ ...sequence[0], slba: bench.ns.identity.lbaCount }])).toContain("sequence[0].slba is");
    expect(replay([{ ...sequence[0], lbaCount: 0 }])).toContain("sequence[0].lbaCount is 0");
  },
);
