import { describeCommand, type LoggedCommand } from "./describe-command";

const entry: LoggedCommand = {
  sequence: "812",
  submittedNs: "1767225600000123000",
  completedNs: "1767225600000204999",
  outstanding: false,
  local: false,
  opcode: 1,
  command: "Write",
  status: "Successful Completion",
  nsid: 1,
  slba: "4096",
  lbaCount: "8",
  cdw: [4096, 0, 7, 0, 0, 0],
  sct: 0,
  sc: 0,
};

describe("a logged command", () => {
  it("says what it was, where, when and how it ended", () => {
    expect(describeCommand(1, entry)).toBe("#812 00:00:00.000123 Write (01h) nsid 1 LBA 4096 +8  00/00 after 81 us");
  });

  it("is told as outstanding when no completion came", () => {
    expect(describeCommand(1, { ...entry, outstanding: true, completedNs: null })).toMatch(/outstanding$/);
  });

  it("shows its first dword on the admin queue", () => {
    expect(describeCommand(0, { ...entry, opcode: 2, command: "Get Log Page", cdw: [0x7f0002] })).toContain(
      "Get Log Page (02h) nsid 1 cdw10 007f0002",
    );
  });

  it("shows a status that our side gave as such", () => {
    expect(describeCommand(1, { ...entry, sct: 7, sc: 0x80, status: "timed out at our side", local: true })).toMatch(
      /07\/80 \(timed out at our side\) after 81 us, completed by our side$/,
    );
  });
});
