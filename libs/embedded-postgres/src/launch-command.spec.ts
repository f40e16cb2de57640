import { launchCommand } from "./launch-command";

describe("how a program of PostgreSQL is launched", () => {
  it("runs as it is for an ordinary user, and ends with its parent", () => {
    expect(launchCommand(1000, "/usr/bin/setpriv", "/pg/postgres", ["-D", "/d"])).toEqual({
      program: "/usr/bin/setpriv",
      args: ["--pdeathsig", "INT", "/pg/postgres", "-D", "/d"],
    });
  });
  it("needs no setpriv for an ordinary user", () => {
    expect(launchCommand(1000, null, "/pg/postgres", [])).toEqual({ program: "/pg/postgres", args: [] });
  });
  it("gives root's server another uid and the one capability that reaches a 0700 home", () => {
    const { args } = launchCommand(0, "/usr/bin/setpriv", "/pg/postgres", []);
    expect(args).toEqual(expect.arrayContaining(["--reuid", "65534", "--ambient-caps=+dac_override"]));
  });
  it("says what is missing when root has no setpriv", () => {
    expect(() => launchCommand(0, null, "/pg/postgres", [])).toThrow(/setpriv/);
  });
});
