/** A database and a flow for the tests of one file, and what many of them begin with. */
import { Flow, FlowDatabase, numbered, planSource } from "./flow";

/**
 * To be called where a file of tests begins: the server starts before its first test and stops after the last.
 * @param prepare with the flow, once; default: pushes the plan `soak`
 */
export function flowBench(prepare: (flow: Flow) => Promise<unknown> = (flow) => flow.addPlan(planSource("soak"))) {
  let server: FlowDatabase;
  let flow: Flow;
  beforeAll(async () => {
    server = await FlowDatabase.start();
    flow = await server.open();
    await prepare(flow);
  });
  afterAll(async () => {
    await flow?.close();
    await server?.stop();
  });
  return {
    get flow() {
      return flow;
    },
    get server() {
      return server;
    },

    /** A run that was submitted, assigned and claimed. */
    async startRun(plan = "soak") {
      const host = await flow.addHost(1);
      const runId = await flow.submit(plan, host.duts[0]!.serial);
      await flow.doorbells.settle();
      const order = await flow.claim(runId, host.id);
      return { host, runId, order, dut: host.duts[0]! };
    },

    async end(runId: string, hostId: string, bodies: Parameters<typeof numbered>[0]) {
      await flow.send(runId, hostId, numbered(bodies));
      await flow.doorbells.settle();
      return flow.repository.detail(runId);
    },

    /** One plan on one drive, assigned to its host. */
    async campaignOfOne(plan: string) {
      const host = await flow.addHost(1);
      const select = { duts: [host.duts[0]!.serial] };
      const id = await flow.campaigns.create(
        { name: "one", plans: [{ name: plan, parameters: {} }], select, priority: 0 },
        "ann",
      );
      await flow.doorbells.settle();
      const [run] = await flow.database.query<{ id: string }>("SELECT id FROM run WHERE campaign_id = $1", [id]);
      const ended = async () => {
        const [campaign] = await flow.database.query(
          "SELECT ended_at IS NOT NULL AS ended FROM campaign WHERE id = $1",
          [id],
        );
        return campaign!.ended;
      };
      return { id, host, runId: run!.id, ended };
    },
  };
}
