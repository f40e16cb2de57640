import { CommandError } from "../exit-codes";
import { Printer } from "../output/printer";
import type { Session } from "./session";
import { type Watched, watchRuns } from "./watch";

const run = (id: string, more: Partial<Watched> = {}): Watched => ({
  ...{ id, plan: "smoke", dut: "SIM1", state: "finished", contact: "ok", verdict: "passed", reason: null },
  ...{ waitingReason: null, needsPerson: false },
  ...more,
});
const held = (id: string, dut: string) =>
  run(id, { dut, state: "queued", verdict: null, waitingReason: `DUT ${dut} is on hold`, needsPerson: true });
const running = (id: string) => run(id, { state: "running", verdict: null });

/** Each look sees the next board, the last one again and again. */
async function watch(boards: Watched[][], untilStuck = true, timeoutMs: number | null = null) {
  let look = 0;
  let nowMs = 0;
  let exitCode: number | null = null;
  const session = {
    printer: () => new Printer("table", { write: () => {} }, { write: () => {} }),
    setExitCode: (code: number) => {
      exitCode = code;
    },
    nowMs: () => nowMs,
    pause: async (ms: number) => {
      nowMs += ms;
      if (nowMs > 1_000_000) throw new Error("waits for ever");
    },
  } as unknown as Session;
  const read = async () => boards[Math.min(look++, boards.length - 1)]!;
  try {
    await watchRuns(session, { read, timeoutMs, untilStuck });
    return { exitCode, looks: look };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { exitCode: error.exitCode, message: error.message, details: error.details, looks: look };
  }
}

describe("waiting for a campaign", () => {
  it("ends with the worst verdict when every run has one", async () => {
    expect(await watch([[running("a")], [run("a", { verdict: "errored" }), run("b")]])).toMatchObject({ exitCode: 3 });
  });

  it("ends when only runs behind a hold are left, with the verdict that there is, and says what is held", async () => {
    const failed = run("a", { dut: "SIM3", verdict: "failed" });
    const answer = await watch([
      [failed, running("b")],
      [failed, run("b"), held("c", "SIM3")],
    ]);
    expect(answer).toMatchObject({
      exitCode: 1,
      message: "nothing moves any more: the run that is left waits for a person",
      details: ["c smoke on SIM3: queued (DUT SIM3 is on hold)"],
    });
  });

  it("does not end with 0 when a run was never started because its drive is held", async () => {
    expect(await watch([[run("a"), held("b", "SIM3"), held("c", "SIM4")]])).toMatchObject({
      exitCode: 5,
      message: "nothing moves any more: the 2 runs that are left wait for a person",
    });
  });

  it("goes on while another run still moves, and when a hold is released at once", async () => {
    const board = [held("a", "SIM3"), running("b")];
    expect(await watch([board, board, board, board, board, [run("a"), run("b")]])).toMatchObject({
      exitCode: 0,
      looks: 6,
    });
    const stuck = [held("a", "SIM3")];
    expect(await watch([stuck, stuck, [running("a")], stuck, stuck, [run("a")]])).toMatchObject({ exitCode: 0 });
  });

  it("of a single run goes on until its verdict or the timeout", async () => {
    expect(await watch([[held("a", "SIM3")]], false, 60_000)).toMatchObject({
      exitCode: 5,
      message: "timed out waiting",
    });
  });
});
