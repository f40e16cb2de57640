import { Log } from "./log";
import { Periodic } from "./periodic";

describe("periodic work", () => {
  const lines: string[] = [];
  const log = new Log("debug", undefined, (line) => lines.push(line));

  it("comes back, never twice at once, and ends with `stop`", async () => {
    let running = 0;
    let most = 0;
    let passes = 0;
    let enough: () => void = () => {};
    const three = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const work = new Periodic(
      "counting",
      1,
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (++passes === 3) enough();
      },
      log,
    );
    work.start();
    work.start();
    await three;
    await work.stop();
    const after = passes;
    work.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect({ most, passes }).toEqual({ most: 1, passes: after });
  });

  it("says a failure once, and that it works again", async () => {
    let passes = 0;
    let enough: () => void = () => {};
    const four = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const work = new Periodic(
      "sweeping",
      1,
      async () => {
        if (++passes === 4) enough();
        if (passes <= 2) throw new Error("no broom");
      },
      log,
    );
    work.start();
    await four;
    await work.stop();
    expect(lines.filter((line) => line.includes("no broom"))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("sweeping works again"))).toHaveLength(1);
  });
});
