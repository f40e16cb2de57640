import type { Controller, Namespace, Qpair } from "../../src";

/** A drive that is open, with one namespace and one queue pair of it. */
export interface OpenDrive {
  controller: Controller;
  ns: Namespace;
  qpair: Qpair;
  /** The software drive's file; null on other hosts. */
  drive: string | null;
}
