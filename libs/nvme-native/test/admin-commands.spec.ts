/** How the named admin commands are encoded and what they refuse, against a drive that only takes notes. */
import {
  AdminCommands,
  type Completion,
  commandName,
  expectStatus,
  NvmeError,
  namespacePage,
  type RawCommand,
  statusName,
} from "../src";
import { codeOf } from "./bench-drive";

const DONE: Completion = { cdw0: 0, sct: 0, sc: 0, dnr: false, more: false, local: false, latencyNs: 1 };

function noting(answer: (command: RawCommand) => Partial<Completion> = () => ({})) {
  const sent: (RawCommand & { bytes?: number; direction?: string })[] = [];
  const controller = {
    async admin(command: RawCommand, data?: Uint8Array, direction?: string): Promise<Completion> {
      sent.push({ ...command, ...(data === undefined ? {} : { bytes: data.byteLength, direction }) });
      return { ...DONE, ...answer(command) };
    },
    async getLogPage(_lid: number, size: number) {
      const data = new Uint8Array(size);
      data[0x06 * 4] = 1;
      data[1024 + 0x02 * 4] = 3;
      data[1024 + 0x01 * 4] = 2;
      return { completion: { ...DONE, ...answer({ opcode: 2 }) }, data };
    },
  };
  return { sent, channel: controller, commands: new AdminCommands(controller) };
}

const four = new Uint8Array(4);
const encodings: [string, (commands: AdminCommands) => Promise<unknown>, object][] = [
  ["abort", (c) => c.abort(0xfffe, 3), { opcode: 0x08, cdw10: 0xfffe_0003 }],
  ["keep alive", (c) => c.keepAlive(), { opcode: 0x18 }],
  [
    "firmware download",
    (c) => c.firmwareDownload(new Uint8Array(64), 4096),
    { opcode: 0x11, cdw10: 15, cdw11: 1024, bytes: 64, direction: "to-device" },
  ],
  ["firmware commit", (c) => c.firmwareCommit({ slot: 2, action: 3 }), { opcode: 0x10, cdw10: 0x1a }],
  ["sanitize, block erase", (c) => c.sanitize("blockErase"), { opcode: 0x84, cdw10: 0x12, cdw11: 0 }],
  [
    "sanitize, overwrite 16 times",
    (c) => c.sanitize("overwrite", { passes: 16, pattern: 0xdeadbeef, allowUnrestrictedExit: true }),
    { opcode: 0x84, cdw10: 0x0b, cdw11: 0xdeadbeef },
  ],
  ["short self-test", (c) => c.deviceSelfTest("short", 1), { opcode: 0x14, nsid: 1, cdw10: 1 }],
  ["abort of a self-test", (c) => c.deviceSelfTest("abort"), { opcode: 0x14, nsid: 0xffff_ffff, cdw10: 15 }],
  [
    "doorbell buffers",
    (c) => c.doorbellBufferConfig(0x1_2345_6000n, 0x7000n),
    { opcode: 0x7c, prp1: 0x1_2345_6000n, prp2: 0x7000n },
  ],
  [
    "LBA status of a range",
    (c) => c.getLbaStatus(new Uint8Array(64), { nsid: 2, slba: 0x9_0000_0007n, lbaCount: 8, action: "scan" }),
    {
      ...{ opcode: 0x86, nsid: 2, cdw10: 7, cdw11: 9, cdw12: 15, cdw13: 0x1000_0008 },
      ...{ bytes: 64, direction: "from-device" },
    },
  ],
  ["namespace deletion", (c) => c.deleteNamespace(3), { opcode: 0x0d, nsid: 3, cdw10: 1 }],
  [
    "namespace creation",
    (c) => c.createNamespace(new Uint8Array(4096), 2),
    { opcode: 0x0d, cdw10: 0, cdw11: 0x0200_0000, bytes: 4096, direction: "to-device" },
  ],
  [
    "namespace detachment",
    (c) => c.detachNamespace(1, [0, 5]),
    { opcode: 0x15, nsid: 1, cdw10: 1, bytes: 4096, direction: "to-device" },
  ],
  [
    "directive receive",
    (c) => c.directiveReceive({ nsid: 1, type: 0, operation: 1, data: new Uint8Array(4096) }),
    { opcode: 0x1a, nsid: 1, cdw10: 1023, cdw11: 1, cdw12: 0, bytes: 4096, direction: "from-device" },
  ],
  [
    "directive send without data",
    (c) => c.directiveSend({ type: 1, operation: 2, specific: 7 }),
    { opcode: 0x19, nsid: 0xffff_ffff, cdw10: 0, cdw11: 0x0007_0102, cdw12: 0 },
  ],
  [
    "security receive",
    (c) => c.securityReceive(new Uint8Array(512), { protocol: 0xef, specific: 1 }),
    { opcode: 0x82, nsid: 0, cdw10: 0xef00_0100, cdw11: 512, bytes: 512, direction: "from-device" },
  ],
  [
    "management interface send",
    (c) => c.miSend({ opcode: 4, dword0: 5, dword1: 6 }),
    { opcode: 0x1d, cdw10: (1 << 11) | 4, cdw11: 4, cdw12: 5, cdw13: 6 },
  ],
];
test.each(encodings)("%s has the dwords that the specification prints", async (_, act, expected) => {
  const { sent, commands } = noting();
  await act(commands);
  expect(sent).toEqual([expected]);
});

test("an image goes down in pieces of 4 KiB and is committed", async () => {
  const { sent, commands } = noting();
  expect(await commands.downloadFirmware(new Uint8Array(9000), { slot: 1, action: 1 })).toMatchObject({
    failedAtOffset: null,
  });
  expect(sent.map(({ opcode, cdw10, cdw11 }) => [opcode, cdw10, cdw11])).toEqual([
    [0x11, 1023, 0],
    [0x11, 1023, 1024],
    [0x11, 201, 2048],
    [0x10, 9, undefined],
  ]);
});

test("the pieces are as large as the drive wants them at least, and each is told", async () => {
  const sizes = async (granularity: number | null, options: object, bytes: number) => {
    const { sent, channel } = noting();
    const raw = new Uint8Array(4096);
    if (granularity !== null) raw[319] = granularity;
    const commands = new AdminCommands(granularity === null ? channel : { ...channel, identity: { raw } });
    const progress: number[] = [];
    const onProgress = ({ sentBytes, totalBytes }: { sentBytes: number; totalBytes: number }) =>
      void progress.push(sentBytes / totalBytes);
    await commands.downloadFirmware(new Uint8Array(bytes), { ...options, onProgress });
    const downloads = sent.filter(({ opcode }) => opcode === 0x11);
    return { bytes: downloads.map(({ bytes }) => bytes), progress };
  };
  expect((await sizes(null, {}, 12_288)).bytes).toEqual([4096, 4096, 4096]);
  expect((await sizes(0xff, {}, 8192)).bytes).toEqual([4096, 4096]);
  expect(await sizes(4, {}, 40_960)).toEqual({ bytes: [16_384, 16_384, 8192], progress: [0.4, 0.8, 1] });
  expect((await sizes(4, { pieceBytes: 32_768 }, 40_960)).bytes).toEqual([32_768, 8192]);
});

test("a piece that the drive refuses ends the download before the commit", async () => {
  const { sent, commands } = noting((command) => (command.cdw11 === 1024 ? { sct: 1, sc: 0x14 } : {}));
  expect(await commands.downloadFirmware(new Uint8Array(9000))).toMatchObject({
    failedAtOffset: 4096,
    completion: { sct: 1, sc: 0x14 },
  });
  expect(sent).toHaveLength(2);
});

const refused: [string, (commands: AdminCommands) => Promise<unknown>][] = [
  ["cid is 65536, it must be an integer from 0 to 65535", (c) => c.abort(65_536)],
  ["slot is 8, it must be an integer from 0 to 7", (c) => c.firmwareCommit({ slot: 8, action: 0 })],
  ["image.length is 10, it must be a multiple of 4", (c) => c.downloadFirmware(new Uint8Array(10))],
  ["offset is 2, it must be a multiple of 4", (c) => c.firmwareDownload(four, 2)],
  ["passes is 17, it must be an integer from 1 to 16", (c) => c.sanitize("overwrite", { passes: 17 })],
  [
    'action is "melt", it must be one of exitFailure, blockErase, overwrite, cryptoErase',
    (c) => c.sanitize("melt" as "blockErase"),
  ],
  ["nsid is -1, it must be an integer from 0 to 4294967295", (c) => c.deviceSelfTest("short", -1)],
  ["controllerIds must be an array of 1 to 2047 controller ids", (c) => c.attachNamespace(1, [])],
  ["page has 4 bytes, it must have 4096 to 4096", (c) => c.createNamespace(four)],
  ["protocol is 256, it must be an integer from 0 to 255", (c) => c.securitySend(four, { protocol: 256 })],
  ["message.messageType is 2, it must be one of 1, 4", (c) => c.miSend({ opcode: 0, messageType: 2 as 1 })],
  ["opcode is 256, it must be an integer from 0 to 255", (c) => c.supports(256)],
  [
    "lbaCount is 1024, it must be a bigint from 0 to",
    (c) => Promise.resolve().then(() => c.createNamespace(namespacePage({ lbaCount: 1024 as never, lbaFormat: 0 }))),
  ],
];
test.each(refused)("refused before anything is sent: %s", async (message, act) => {
  const { sent, commands } = noting();
  await expect(act(commands)).rejects.toThrow(message);
  expect(sent).toEqual([]);
});

test("B054 the log of supported commands is asked by opcode and set", async () => {
  const { commands } = noting();
  expect(await commands.supports(0x06)).toBe(true);
  expect(await commands.supports(0x02, "io")).toBe(true);
  expect(await commands.supports(0x01, "io")).toBe(false);
  expect(await commands.supports(0xff)).toBe(false);
  expect(await codeOf(() => noting(() => ({ sct: 1, sc: 9 })).commands.supports(6))).toBe("ERR_UNSUPPORTED");
  const cutOff = () => ({ sct: 7, sc: 0x82, local: true });
  expect(await codeOf(() => noting(cutOff).commands.supports(6))).toBe("ERR_GONE");
});

test("commands and statuses have names", () => {
  expect([commandName(0x06), commandName(0x84), commandName(0xc1), commandName(0x7a)]).toEqual([
    "Identify",
    "Sanitize",
    "Vendor specific",
    "Unknown",
  ]);
  expect([commandName(0x00, "io"), commandName(0x80, "io")]).toEqual(["Flush", "Vendor specific"]);
  expect(statusName(2, 0x81)).toBe("Unrecovered Read Error");
});

test("an unexpected status is explained, an expected one is given back", () => {
  const bad = { ...DONE, sct: 2, sc: 0x81, dnr: true };
  expect(() => expectStatus(bad)).toThrow(
    "the command ended with 02/81 (Unrecovered Read Error), do not retry; expected was 00/00 (Successful Completion)",
  );
  expect(expectStatus(bad, 2, 0x81)).toBe(bad);
  expect(() => expectStatus(Promise.resolve(bad) as never)).toThrow(
    "completion is a promise, it must be awaited first",
  );
  expect(() => expectStatus(undefined as never)).toThrow("completion is none: it has no status");
  expect(() => expectStatus({ ...DONE, sct: 7, sc: 0x80, local: true })).toThrow("made by our side");
});

describe("asynchronous events", () => {
  test("B049 each event is delivered, its request armed again, and a refusal ends the stream in words", async () => {
    const answers = [0x0081_0106, 0x0002_0101];
    const { sent, commands } = noting(() => {
      const cdw0 = answers.shift();
      return cdw0 === undefined ? { sct: 1, sc: 5 } : { cdw0 };
    });
    const events = commands.events();
    expect((await events.next()).value).toEqual({ cdw0: 0x0081_0106, type: 6, info: 1, logPage: 0x81 });
    expect((await events.next()).value).toEqual({ cdw0: 0x0002_0101, type: 1, info: 1, logPage: 2 });
    await expect(events.next()).rejects.toThrow("01/05 (Asynchronous Event Request Limit Exceeded)");
    expect(sent.map(({ opcode }) => opcode)).toEqual([0x0c, 0x0c, 0x0c]);
  });

  test("a request that was cut off is sent again, and the stream ends with its controller", async () => {
    let asked = 0;
    const controller = {
      async admin(): Promise<Completion> {
        asked++;
        if (asked === 1) return { ...DONE, sct: 7, sc: 0x82, local: true };
        if (asked === 2) return { ...DONE, cdw0: 0x0081_0106 };
        throw new NvmeError("ERR_CLOSED", "the controller is closed");
      },
      getLogPage: () => Promise.reject(new Error("not asked for")),
    };
    const seen = [];
    for await (const event of new AdminCommands(controller).events()) seen.push(event);
    expect(seen).toEqual([{ cdw0: 0x0081_0106, type: 6, info: 1, logPage: 0x81 }]);
    expect(asked).toBe(3);
  });

  test("a request that the close of its controller cut off ends the stream at once: no timer keeps it waiting", async () => {
    let asked = 0;
    const controller = {
      closed: false,
      async admin(): Promise<Completion> {
        asked++;
        controller.closed = true;
        return { ...DONE, sct: 7, sc: 0x82, local: true };
      },
      getLogPage: () => Promise.reject(new Error("not asked for")),
    };
    expect(await new AdminCommands(controller).events().next()).toEqual({ done: true, value: undefined });
    expect(asked).toBe(1);
  });
});
