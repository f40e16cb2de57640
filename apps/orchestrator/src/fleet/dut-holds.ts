/** Taking a drive out of use and giving it back: intent of people, with who and why, from-to. */
import { Injectable } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database, type Queryable } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { problem } from "../platform/problem";
import { believeWitnesses } from "./dated-facts";
import { DutsRepository } from "./duts.repository";

export type HoldIntent = "hold" | "quarantined";

@Injectable()
export class DutHolds {
  constructor(
    private readonly database: Database,
    private readonly duts: DutsRepository,
    private readonly clock: Clock,
    private readonly doorbells: Doorbells,
  ) {}

  /** @throws Problem 404, 409 when it is retired or already so. */
  async hold(name: string, intent: HoldIntent, by: string, reason: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const dut = await this.lock(transaction, name);
      if (dut.intent === intent) throw problem("conflict", `DUT ${name} is ${wordOf(intent)} already`);
      if (dut.intent === "retired") throw problem("conflict", `DUT ${name} is retired`);
      const at = this.clock.now();
      await this.close(transaction, dut.id, by, `became ${intent}`, at);
      await transaction.query(
        `INSERT INTO hold (dut_id, intent, from_at, held_by, reason) VALUES ($1, $2::dut_intent, $3, $4, $5)`,
        [dut.id, intent, at, by, reason],
      );
      await transaction.query(`UPDATE dut SET intent = $2::dut_intent, intent_reason = $3 WHERE id = $1`, [
        dut.id,
        intent,
        reason,
      ]);
    });
    this.doorbells.ring("schedule");
  }

  /**
   * Ends a hold; of a DUT that is on none it ends the doubt about changed witnesses: somebody looked, it is this drive.
   * @throws Problem 404, 409 when there is neither.
   */
  async release(name: string, by: string, reason: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const dut = await this.lock(transaction, name);
      if (dut.intent === "available" && (await believeWitnesses(transaction, dut.id))) return;
      if (dut.intent !== "hold" && dut.intent !== "quarantined") {
        throw problem("conflict", `DUT ${name} is ${dut.intent}: there is nothing to release`);
      }
      await this.close(transaction, dut.id, by, reason, this.clock.now());
      await transaction.query(`UPDATE dut SET intent = 'available', intent_reason = NULL WHERE id = $1`, [dut.id]);
    });
    this.doorbells.ring("schedule");
  }

  private async lock(transaction: Queryable, name: string): Promise<{ id: string; intent: string }> {
    const { id } = await this.duts.find(name, transaction);
    const [row] = await transaction.query<{ id: string; intent: string }>(
      "SELECT id, intent FROM dut WHERE id = $1 FOR UPDATE",
      [id],
    );
    return row!;
  }

  private async close(transaction: Queryable, dutId: string, by: string, reason: string, at: Date): Promise<void> {
    await transaction.query(
      `UPDATE hold SET to_at = GREATEST(from_at, $2), released_by = $3, release_reason = $4 WHERE dut_id = $1 AND to_at IS NULL`,
      [dutId, at, by, reason],
    );
  }
}

function wordOf(intent: HoldIntent): string {
  return intent === "hold" ? "on hold" : "quarantined";
}
