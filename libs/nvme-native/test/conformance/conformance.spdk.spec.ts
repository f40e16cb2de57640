/** The behaviours over SPDK, against SPDK's own target. */
import { NvmfTarget, TCP_NQN, VFIO_USER_NQN, whyNotHere, whyNoVfioUser } from "../nvmf-target";
import "./areas";
import { runBehaviours } from "./run-behaviours";
import { type DriveSource, show } from "./show-behaviour";

const missing = whyNotHere();
if (missing !== null) {
  console.log(`skipped: ${missing}`);
  test.skip(`conformance over SPDK: ${missing}`, () => {});
} else {
  let target: NvmfTarget;
  beforeAll(async () => {
    target = await NvmfTarget.start();
  }, 120_000);
  afterAll(() => target?.stop());
  const one = (number: number) => {
    if (number > 1) throw new Error("the target has two drives of each transport");
    return number;
  };

  const vanish = async () => {
    await target.kill();
    return () => target.restart();
  };

  const addNamespace = (nqn: string) => async () => target.addNamespace(nqn);

  const sources: DriveSource[] = [
    {
      host: "spdk-tcp",
      vanish,
      addNamespace: addNamespace(TCP_NQN),
      place: async (_folder, number) => ({
        transport: "spdk-tcp",
        address: "127.0.0.1",
        port: target.port,
        nqn: TCP_NQN + (one(number) === 0 ? "" : "-2"),
      }),
      placeSlow: async () => ({
        transport: "spdk-tcp",
        address: "127.0.0.1",
        port: target.port,
        nqn: `${TCP_NQN}-slow`,
      }),
    },
    {
      host: "spdk-vfio-user",
      vanish,
      addNamespace: addNamespace(VFIO_USER_NQN),
      place: async (_folder, number) => ({
        transport: "spdk-vfio-user",
        path: target.vfioUserPath + (one(number) === 0 ? "" : "-2"),
      }),
      placeSlow: async () => ({ transport: "spdk-vfio-user", path: `${target.vfioUserPath}-slow` }),
    },
  ];
  const noVfioUser = whyNoVfioUser();
  if (noVfioUser !== null) test.skip(`${sources.pop()!.host}: ${noVfioUser}`, () => {});
  for (const source of sources)
    describe(source.host, () => runBehaviours(source.host, (behaviour, told) => show(behaviour, source, told)));
}
