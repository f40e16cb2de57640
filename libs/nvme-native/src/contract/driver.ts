/** The front door, which `index.ts` implements. This folder is what every caller programs against. */

import type { ModelFaultCount } from "../model/fault-spec";
import type { ModelDriveSpec, ModelPower } from "../model/spec";
import type { OpenOptions, TransportAddress } from "../open/address";
import type { Controller, Initialise } from "./controller";

/** What this build of the driver can do. */
export interface DriverInfo {
  driverVersion: string;
  /** SPDK release compiled in, or null. */
  spdkVersion: string | null;
  /** Those that `open` takes. */
  transports: ("model" | "spdk-pcie" | "spdk-tcp" | "spdk-vfio-user")[];
}

/** A queue pair of this process. */
export interface OpenQueue {
  controller: Controller;
  qid: number;
  /** Queue entries. */
  depth: number;
  /**
   * Commands that the drive has and has not completed: requests for events too, and those that our side timed out until the
   * drive gives them back or is reset. What was sent just before may not be among them yet.
   */
  outstanding: number;
  /** Who made it: a script, a worker. */
  label: string;
}

/** The front door. */
export interface NvmeDriver {
  /** Asks no drive. */
  info(): DriverInfo;
  /** Opens the drive, brings the controller to CSTS.RDY = 1 and reads Identify. @throws NvmeError ERR_OPEN, ERR_LOCKED, ERR_READY, ERR_POWER_OFF, ERR_UNSUPPORTED */
  open(address: TransportAddress, options?: OpenOptions & { initialise?: Initialise }): Promise<Controller>;
  /** Queues of all open controllers of this process and how much each has in flight; 0 is each one's admin queue. */
  queues(): Promise<OpenQueue[]>;
  /**
   * From this CLOCK_BOOTTIME instant (ns) on, nothing is submitted to any drive of this process: commands fail with
   * ERR_DEADLINE, workers end with `deadline`. The check stands directly before each submission, on the submitting thread.
   * It can be moved earlier, never later.
   */
  setDeadline(boottimeNs: bigint): void;
  /** CLOCK_BOOTTIME, ns: what `setDeadline` counts in. */
  boottimeNs(): bigint;
  /** Makes a software drive's file. @throws ERR_FILE when it exists or there is no space. */
  createModelDrive(path: string, spec: ModelDriveSpec): Promise<void>;
  /** The simulated power switch of a software drive: acts on the file, also while a process has the drive open. */
  modelPower(path: string, action: ModelPower): Promise<{ power: ModelPower; generation: number }>;
  /** Power of a software drive, and how often it was switched off. @throws ERR_OPEN, ERR_FILE */
  modelPowerState(path: string): Promise<{ power: ModelPower; generation: number }>;
  /** What the planted defects of a software drive have done, in the order of its spec. */
  modelFaults(path: string): Promise<ModelFaultCount[]>;
}
