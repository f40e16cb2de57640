import { CommandFailed, ruleOfStatus } from "./command-status";
import { Interruption } from "./interruption";
import { resultOfError } from "./step-errors";

const status = (sct: number, sc: number, local = sct === 7) => ({ sct, sc, local });

describe("a status where success was needed", () => {
  it("of the drive itself is unexpected", () => {
    expect(ruleOfStatus(status(2, 0x81))).toBe("unexpected-status");
  });
  it("of our own side tells a time-out from a drive that is gone", () => {
    expect(ruleOfStatus(status(7, 0x80))).toBe("command-timeout");
    expect(ruleOfStatus(status(7, 0x82))).toBe("drive-gone");
  });
  it("that a drive itself gives as vendor specific is not taken for ours", () => {
    expect(ruleOfStatus(status(7, 0x80, false))).toBe("unexpected-status");
  });
  it("of a command that was not sent past the deadline is no fault but the end", () => {
    expect(() => resultOfError(new CommandFailed("Identify", status(7, 0x83)))).toThrow(Interruption);
  });
  it("is told with the command and the status in hexadecimal", () => {
    expect(resultOfError(new CommandFailed("Get Log Page 02h", status(1, 9)))).toMatchObject({
      outcome: "failed",
      reason: "Get Log Page 02h came back with 01/09",
    });
  });
});
