/** A flow with the plan `soak`, for the tests of one file, and what each of them begins with. */
import { Flow, FlowDatabase, numbered, planSource } from "./flow";

export interface FlowBench {
  readonly flow: Flow;
  /** A run that was submitted, assigned and claimed. */
  startRun: typeof startRun extends (flow: Flow, ...rest: infer A) => infer R ? (...rest: A) => R : never;
  end: typeof end extends (flow: Flow, ...rest: infer A) => infer R ? (...rest: A) => R : never;
  /** One plan on one drive, assigned to its host. */
  campaignOfOne: typeof campaignOfOne extends (flow: Flow, ...rest: infer A) => infer R ? (...rest: A) => R : never;
}

/** To be called where a file of tests begins: the server starts before its first test and stops after the last. */
export function flowBench(): FlowBench {
  let server: FlowDatabase;
  let flow: Flow;
  beforeAll(async () => {
    server = await FlowDatabase.start();
    flow = await server.open();
    await flow.addPlan(planSource("soak"));
  });
  afterAll(async () => {
    await flow?.close();
    await server?.stop();
  });
  return {
    get flow() {
      return flow;
    },
    startRun: (plan) => startRun(flow, plan),
    end: (...given) => end(flow, ...given),
    campaignOfOne: (plan) => campaignOfOne(flow, plan),
  };
}

async function startRun(flow: Flow, plan = "soak") {
  const host = await flow.addHost(1);
  const runId = await flow.submit(plan, host.duts[0]!.serial);
  await flow.doorbells.settle();
  const order = await flow.claim(runId, host.id);
  return { host, runId, order, dut: host.duts[0]! };
}

async function end(flow: Flow, runId: string, hostId: string, bodies: Parameters<typeof numbered>[0]) {
  await flow.send(runId, hostId, numbered(bodies));
  await flow.doorbells.settle();
  return flow.repository.detail(runId);
}

async function campaignOfOne(flow: Flow, plan: string) {
  const host = await flow.addHost(1);
  const select = { duts: [host.duts[0]!.serial] };
  const id = await flow.campaigns.create(
    { name: "one", plans: [{ name: plan, parameters: {} }], select, priority: 0 },
    "ann",
  );
  await flow.doorbells.settle();
  const [run] = await flow.database.query<{ id: string }>("SELECT id FROM run WHERE campaign_id = $1", [id]);
  const ended = async () => {
    const [campaign] = await flow.database.query("SELECT ended_at IS NOT NULL AS ended FROM campaign WHERE id = $1", [
      id,
    ]);
    return campaign!.ended;
  };
  return { id, host, runId: run!.id, ended };
}
