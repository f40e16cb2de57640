import { encodeRow } from "./copy-rows";

describe("a row of COPY text", () => {
  it("separates cells by tabs and ends with a line feed", () => {
    expect(encodeRow(["a", 1, true, null, [1, 2]])).toBe("a\t1\ttrue\t\\N\t{1,2}\n");
  });
  it("escapes what COPY would read as structure", () => {
    expect(encodeRow(["a\tb\nc\rd\\e"])).toBe("a\\tb\\nc\\rd\\\\e\n");
  });
  it("does not let a text that looks like NULL become one", () => {
    expect(encodeRow(["\\N"])).toBe("\\\\N\n");
  });
  it("replaces NUL, which PostgreSQL has not", () => {
    expect(encodeRow(["a\0b"])).toBe("a\ufffdb\n");
  });
  it("keeps an empty array and an empty text apart from NULL", () => {
    expect(encodeRow([[], ""])).toBe("{}\t\n");
  });
});
