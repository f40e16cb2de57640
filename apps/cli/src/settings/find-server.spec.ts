import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_URL, findServer } from "./find-server";

describe("the server that a command speaks to", () => {
  const root = mkdtempSync(join(tmpdir(), "assay-cli-"));
  const deep = join(root, "a", "b");
  mkdirSync(deep, { recursive: true });
  mkdirSync(join(root, ".assay"));
  writeFileSync(join(root, ".assay", "admin.token"), "from-lab\n");
  afterAll(() => rmSync(root, { recursive: true }));

  it("is found from the lab's folder above the current one", () => {
    expect(findServer({}, deep)).toMatchObject({ url: DEFAULT_URL, token: "from-lab" });
  });

  it("is where that lab says it listens", () => {
    writeFileSync(join(root, ".assay", "address"), "http://127.0.0.1:4711\n");
    expect(findServer({}, deep).url).toBe("http://127.0.0.1:4711");
    expect(findServer({ url: "http://lab:1" }, deep).url).toBe("http://lab:1");
  });

  it("gets no token of a lab when it is another machine", () => {
    expect(findServer({ url: "http://lab.example:4600" }, deep).token).toBeNull();
  });

  it("takes a token from the environment before the lab's", () => {
    expect(findServer({ token: "mine" }, deep).token).toBe("mine");
  });

  it("says where a token was looked for when there is none", () => {
    expect(findServer({ home: join(root, "nowhere") }, deep)).toMatchObject({ token: null });
    expect(findServer({ tokenFile: "/nowhere" }, deep).triedFor).toContain("/nowhere");
  });
});
