import { registerFields } from "./register-fields";

describe("controller registers", () => {
  it("tell ready and fatal apart and leave out what the transport does not show", () => {
    expect(registerFields({ VS: 0x20000n, CSTS: 1n, CC: null })).toEqual({
      vs: "0x20000",
      csts: "0x1",
      ready: true,
      fatal: false,
    });
    expect(registerFields({ CSTS: 3n })).toMatchObject({ ready: true, fatal: true });
  });
});
