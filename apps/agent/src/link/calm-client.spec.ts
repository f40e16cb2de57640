import { CalmClient } from "./calm-client";

test("a client that nobody listens to loses its connection without ending the process", () => {
  const client = new CalmClient();
  client.on("error", () => {});
  client.removeAllListeners();
  expect(client.emit("error", new Error("terminating connection due to unexpected postmaster exit"))).toBe(false);
});

test("whoever listens is still told", () => {
  const client = new CalmClient();
  const heard: Error[] = [];
  client.on("error", (error) => heard.push(error));
  const lost = new Error("lost");
  client.emit("error", lost);
  expect(heard).toEqual([lost]);
});
