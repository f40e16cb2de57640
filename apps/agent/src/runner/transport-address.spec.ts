import { transportAddress } from "./transport-address";

describe("the driver's form of a path", () => {
  it("takes host and port apart, also of IPv6", () => {
    const tcp = (address: string) => transportAddress({ transport: "spdk-tcp", address, nqn: "nqn.x" });
    expect(tcp("127.0.0.1:4420")).toEqual({ transport: "spdk-tcp", address: "127.0.0.1", port: 4420, nqn: "nqn.x" });
    expect(tcp("[::1]:4421")).toMatchObject({ address: "::1", port: 4421 });
  });
});
