import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from "@nestjs/common";
import { Log } from "../platform/log";
import { Periodic } from "../platform/periodic";
import { NotYet, Startup } from "../platform/startup";
import type { QueueBackend } from "./queue-backend";
import type { QueueDoorbells } from "./queue-doorbells";

const LOOK_EVERY_MS = 5_000;
/** A worker that hears nothing for so long is dead: every look rings once. */
const SILENT_TOO_LONG_MS = 20_000;

/** Opens the queue when it answers, and opens it anew when it has fallen silent. */
@Injectable()
export class DoorbellKeeper implements OnModuleInit, BeforeApplicationShutdown {
  private readonly periodic: Periodic;

  constructor(
    private readonly backend: QueueBackend,
    private readonly doorbells: QueueDoorbells,
    private readonly startup: Startup,
    private readonly log: Log,
  ) {
    this.periodic = new Periodic("watching the queue", LOOK_EVERY_MS, () => this.look(), log);
  }

  onModuleInit(): void {
    this.startup.prepare(`the queue (${this.backend.kind})`, () => this.prepare());
    this.startup.begin("the queue", async () => {
      await this.doorbells.open().catch(notYet);
      this.periodic.start();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
    await this.doorbells.close();
    await this.backend.close();
  }

  private async prepare(): Promise<void> {
    await this.backend.prepare().catch(notYet);
  }

  private async look(): Promise<void> {
    if (!this.doorbells.isOpen || this.doorbells.silentMs() > SILENT_TOO_LONG_MS) {
      await this.backend.probe();
      this.log.warn("the queue has fallen silent: opening it anew");
      await this.backend.prepare();
      await this.doorbells.open();
    }
    this.doorbells.ring("reconcile");
  }
}

function notYet(error: Error): never {
  throw new NotYet(error.message);
}
