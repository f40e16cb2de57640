/** The controller and its namespaces as steps see them: the driver's own, with the identity gate before every call that sends. */
import {
  type AdminCommands,
  type Completion,
  type Controller,
  type IoWorker,
  type IoWorkerOptions,
  type Namespace,
  ZonedNamespace,
} from "@assay/nvme-native";
import type { IdentityGate } from "./identity-gate";
import { namespaceIdentities } from "./observed-identity";

type Arguments<K extends keyof Controller> = Controller[K] extends (...args: infer A) => unknown ? A : never;

export class ConfirmedController {
  constructor(
    private readonly raw: Controller,
    private readonly gate: IdentityGate,
  ) {}

  /** As last read. */
  get identity() {
    return this.raw.identity;
  }
  identify() {
    return this.gate.pass(() => this.raw.identify());
  }
  activeNamespaces() {
    return this.gate.pass(() => this.raw.activeNamespaces());
  }
  namespaceIdentities() {
    return this.gate.pass(() => namespaceIdentities(this.raw));
  }
  getLogPage(...args: Arguments<"getLogPage">) {
    return this.gate.pass(() => this.raw.getLogPage(...args));
  }
  admin(...args: Arguments<"admin">) {
    return this.gate.pass(() => this.raw.admin(...args));
  }
  format(...args: Arguments<"format">) {
    return this.gate.pass(() => this.raw.format(...args));
  }
  identifyRaw(...args: Arguments<"identifyRaw">) {
    return this.gate.pass(() => this.raw.identifyRaw(...args));
  }
  createQpair(...args: Arguments<"createQpair">) {
    return this.gate.pass(() => this.raw.createQpair(...args));
  }
  /** One command by its name, or a few that belong together. */
  commands<T>(send: (commands: AdminCommands) => Promise<T>) {
    return this.gate.pass(() => send(this.raw.commands));
  }
  /** Several commands that belong together and need no gate of their own. */
  send<T>(command: () => Promise<T>) {
    return this.gate.pass(command);
  }
  zonedNamespace(namespace: ConfirmedNamespace) {
    return this.gate.pass(() => namespace.zoned(this.raw));
  }
  registers() {
    return this.gate.look(() => this.raw.registers());
  }
}

export class ConfirmedNamespace {
  constructor(
    private readonly raw: Namespace,
    private readonly gate: IdentityGate,
  ) {}

  get identity() {
    return this.raw.identity;
  }
  verify(options: Parameters<Namespace["verify"]>[0]) {
    return this.gate.pass(() => this.raw.verify(options));
  }
  /** Of its verify table, what was not written since the last time; nobody who writes elsewhere waits. */
  syncTable() {
    return this.raw.syncVerifyTable({ resting: true });
  }
  zoned(controller: Controller) {
    return ZonedNamespace.of(controller, this.raw);
  }
  /** One command. */
  send(command: (raw: Namespace) => Promise<Completion>) {
    return this.gate.pass(() => command(this.raw));
  }
  /** A worker that runs when the controller is reset is cut off by the driver and sends nothing after it; one that is to start waits here. */
  async startIoWorker(options: IoWorkerOptions): Promise<{ worker: IoWorker }> {
    // Wrapped: a worker is iterable, and a promise of it must not be mistaken for its end.
    return this.gate.pass(() => ({ worker: this.raw.startIoWorker(options) }));
  }
}
