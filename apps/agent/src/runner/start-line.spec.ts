import { StartLine } from "./start-line";

describe("the beginning of a parallel", () => {
  it("is the moment when its last load runs", async () => {
    let now = 0;
    const line = new StartLine(["a", "b"], () => now);
    now = 5;
    line.began("a");
    line.began("reset");
    now = 9;
    line.began("b");
    now = 20;
    line.began("b");
    expect(await line.beganMs).toBe(9);
  });
  it("is at once where there is no load", async () => {
    expect(await new StartLine([], () => 7).beganMs).toBe(7);
  });
});
