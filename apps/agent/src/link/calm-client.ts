import { Client } from "pg";

/**
 * A connection whose loss is nobody's crash. BullMQ takes every listener off a client before it ends it, so that the
 * server's last word ("terminating connection") would find none, and an error event without a listener ends the process.
 */
export class CalmClient extends Client {
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event === "error" && this.listenerCount("error") === 0) return false;
    return super.emit(event as "error", ...(values as [Error]));
  }
}
