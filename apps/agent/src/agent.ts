/** Puts the agent's parts together. `stop` leaves runners alone: they go on, and the next agent adopts them. */
import type { HeartbeatAnswer } from "@assay/protocol";
import { readDriveFacts } from "./guard/read-drive-facts";
import type { HostFile } from "./inventory/host-schema";
import { InventoryKeeper } from "./inventory/inventory-keeper";
import { formatBytes } from "./inventory/units";
import { DoorbellListener } from "./link/doorbell";
import type { Membership } from "./link/enrolment";
import { HeartbeatLoop } from "./link/heartbeat-loop";
import { Orchestrator } from "./link/orchestrator";
import type { AgentFolder } from "./platform/agent-folder";
import { readBootId, readBoottimeNs } from "./platform/boottime";
import type { AgentConfig } from "./platform/config";
import type { Logger } from "./platform/logger";
import { ClaimTimes } from "./runs/claim-times";
import { heldRuns } from "./runs/held-runs";
import { runName } from "./runs/run-directory";
import { Shipping } from "./runs/shipping";
import { SlotGate } from "./runs/slot-gate";
import { freshRunners, SpareRunner } from "./runs/spare-runner";
import { defaultSpoolLimit, freeBytesOf } from "./runs/spool";
import { SpoolKeeper } from "./runs/spool-keeper";
import { Supervisor } from "./runs/supervisor";

/** How often the spool is tidied, and how often its use is printed while events cannot be shipped. */
const TIDY_MS = 5000;
const PRINT_SPOOL_MS = 60_000;

export interface AgentPrograms {
  runner: string[];
  /** Does the runner know SPARE_ARGUMENT? */
  sparesRunner: boolean;
  provision: string[];
}

export class Agent {
  private readonly shipping: Shipping;
  private readonly spare: SpareRunner | null;
  private readonly supervisor: Supervisor;
  private readonly spool: SpoolKeeper;
  private readonly inventory: InventoryKeeper;
  private readonly heartbeat: HeartbeatLoop;
  private readonly doorbell: DoorbellListener;
  private timer: NodeJS.Timeout | null = null;
  private tidying: Promise<void> = Promise.resolve();
  private printedMs = 0;
  /** As of the last tidying. */
  private usedBytes = 0;

  constructor(
    private readonly config: AgentConfig,
    folder: AgentFolder,
    membership: Membership,
    host: HostFile,
    programs: AgentPrograms,
    agentVersion: string,
    private readonly log: Logger,
  ) {
    const nowMs = () => Date.now();
    const random = () => Math.random();
    const bootId = readBootId();
    const { hostFile } = config;
    const orchestrator = new Orchestrator(config.orchestratorUrl, membership.credential);
    const gate = new SlotGate();
    const environment = config.runnerEnvironment;
    this.shipping = new Shipping(log, nowMs, random);
    const limit = config.spoolLimitBytes ?? defaultSpoolLimit(freeBytesOf(folder.path), 0);
    this.spool = new SpoolKeeper(folder.path, limit, config.retentionMs, log, nowMs);
    const program = { command: programs.runner, environment };
    this.spare = programs.sparesRunner ? new SpareRunner(program, folder.path) : null;
    this.supervisor = new Supervisor({
      place: { agentDir: folder.path, runs: folder.runs, tables: folder.tables, hostFile, agentVersion, bootId },
      orchestrator,
      shipping: this.shipping,
      spool: this.spool,
      claimTimes: new ClaimTimes(folder.claims, bootId),
      gate,
      runners: this.spare ?? freshRunners(program),
      log,
      boottimeNs: readBoottimeNs,
      nowMs,
      factsOf: readDriveFacts,
      onEnded: (run) => {
        if (run.slot !== null) this.inventory.runEnded(run.slot, run.files.journal);
      },
      deadlineGraceNs: BigInt(config.deadlineGraceMs) * 1_000_000n,
      revokeGraceNs: BigInt(config.revokeGraceMs) * 1_000_000n,
    });
    this.inventory = new InventoryKeeper(
      {
        hostFile,
        keptFile: folder.inventory,
        agentVersion,
        bootId,
        program: { command: programs.provision, environment },
        orchestrator,
        gate,
        busy: (slot) => this.supervisor.holderOf(slot) !== null,
        factsOf: readDriveFacts,
        log,
        nowMs,
        random,
      },
      host,
    );
    this.heartbeat = new HeartbeatLoop({
      orchestrator,
      bootId,
      held: () => heldRuns(this.supervisor.all(), this.shipping),
      spool: () => ({ usedBytes: this.usedBytes, limitBytes: limit }),
      obey: (answer) => this.obey(answer),
      log,
      nowMs,
      random,
    });
    const ring = (key: { runId: string; epoch: number }) => this.supervisor.ring(key);
    this.doorbell = new DoorbellListener(membership.queue, membership.queueName, ring, log, random, nowMs);
  }

  async start(): Promise<void> {
    await this.supervisor.start();
    await this.tidy();
    this.shipping.start();
    this.inventory.start();
    this.heartbeat.start();
    this.doorbell.start();
    this.spare?.prepare();
    this.timer = setInterval(() => {
      this.tidying = this.tidying.then(() => this.tidy()).catch((error) => this.log.error(`spool: ${error.message}`));
    }, TIDY_MS);
    this.log.info(`spool: at most ${formatBytes(this.spool.limitBytes)} in ${this.config.agentDir}`);
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.spare?.stop();
    await Promise.allSettled([
      this.doorbell.stop(),
      this.heartbeat.stop(),
      this.inventory.stop(),
      this.supervisor.stop(),
      this.shipping.stop(),
      this.tidying,
    ]);
  }

  private obey(answer: HeartbeatAnswer): void {
    this.supervisor.obey(answer);
    this.shipping.wake();
  }

  private async tidy(): Promise<void> {
    const runs = this.supervisor.all();
    const gone = await this.spool.tidy(runs, (run) => this.shipping.of(runName(run.key))?.acked ?? 0);
    for (const run of gone) this.supervisor.drop(run);
    this.usedBytes = this.spool.usedBytes(this.supervisor.all());
    if (!this.shipping.away || Date.now() - this.printedMs < PRINT_SPOOL_MS) return;
    this.printedMs = Date.now();
    this.log.warn(`events wait on disk: spool ${formatBytes(this.usedBytes)} of ${formatBytes(this.spool.limitBytes)}`);
  }
}
