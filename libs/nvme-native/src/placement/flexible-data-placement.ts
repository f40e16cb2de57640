/** Flexible Data Placement of an endurance group (NVMe Base 2.1, 8.1.10): feature 1Dh and what logs 20h to 23h tell. */
import { having, integer, oneOf } from "../check";
import type { Completion } from "../command/completion";
import { expectStatus } from "../command/expect-status";
import type { Controller } from "../contract/controller";
import {
  decodeFdpConfigurations,
  decodeFdpEvents,
  decodeFdpStatistics,
  decodeReclaimUnitHandleUsage,
  type FdpConfiguration,
  type FdpEvent,
  type FdpStatistics,
  fdpConfigurationsBytes,
  type ReclaimUnitHandleUse,
} from "./fdp-logs";

const FEATURE = 0x1d;
const LOG = { configurations: 0x20, usage: 0x21, statistics: 0x22, events: 0x23 } as const;
const ENABLED = 1;
const PAGE_BYTES = 4096;
const STATISTICS_BYTES = 64;
const HOST_EVENTS = 1;
/** Of the list of configurations: whatever a drive says of its size, no more is read. */
const MAX_CONFIGURATIONS_BYTES = 256 * 1024;

export interface FdpState {
  enabled: boolean;
  /** Index of the enabled configuration; null: switched off. */
  configuration: number | null;
}

export class FlexibleDataPlacement {
  constructor(
    private readonly controller: Pick<Controller, "getFeature" | "setFeature" | "getLogPage">,
    /** Endurance group. */
    readonly group = 1,
  ) {
    having("controller", controller, ["getFeature", "setFeature", "getLogPage"]);
    integer("group", group, 0, 0xffff);
  }

  /** @throws StatusExpectationError where the drive has no such feature. */
  async state(): Promise<FdpState> {
    const { cdw0 } = expectStatus(await this.controller.getFeature(FEATURE, { cdw11: this.group }));
    const enabled = (cdw0 & ENABLED) !== 0;
    return { enabled, configuration: enabled ? (cdw0 >>> 8) & 0xff : null };
  }

  /** With the configuration of that index in log 20h. While the group has namespaces a drive refuses a change (00/0c). */
  async enable(configuration: number): Promise<Completion> {
    return this.#set((integer("configuration", configuration, 0, 255) << 8) | ENABLED);
  }

  /** As `enable`: statistics and events begin anew. */
  async disable(): Promise<Completion> {
    return this.#set(0);
  }

  /** @throws StatusExpectationError */
  async configurations(): Promise<FdpConfiguration[]> {
    const first = await this.#page(LOG.configurations, PAGE_BYTES);
    const bytes = Math.min(fdpConfigurationsBytes(first), MAX_CONFIGURATIONS_BYTES);
    const pages = [first];
    for (let offset = PAGE_BYTES; offset < bytes; offset += PAGE_BYTES)
      pages.push(await this.#page(LOG.configurations, PAGE_BYTES, { offset }));
    return decodeFdpConfigurations(Uint8Array.from(Buffer.concat(pages)).subarray(0, Math.max(bytes, 16)));
  }

  /** By reclaim unit handle. @throws StatusExpectationError, 00/29 where it is switched off. */
  async usage(): Promise<ReclaimUnitHandleUse[]> {
    return decodeReclaimUnitHandleUsage(await this.#page(LOG.usage, PAGE_BYTES));
  }

  /** @throws StatusExpectationError, 00/29 where it is switched off. */
  async statistics(): Promise<FdpStatistics> {
    return decodeFdpStatistics(await this.#page(LOG.statistics, STATISTICS_BYTES));
  }

  /** What a host has caused, or the drive itself. @throws StatusExpectationError, 00/29 where it is switched off. */
  async events(of: "host" | "controller" = "host"): Promise<FdpEvent[]> {
    oneOf("of", of, ["host", "controller"]);
    return decodeFdpEvents(await this.#page(LOG.events, PAGE_BYTES, { lsp: of === "host" ? HOST_EVENTS : 0 }));
  }

  /** The feature is always saved: without that a drive refuses it. */
  #set(cdw12: number): Promise<Completion> {
    return this.controller.setFeature(FEATURE, this.group, { cdw12, save: true });
  }

  async #page(lid: number, bytes: number, options: { lsp?: number; offset?: number } = {}): Promise<Uint8Array> {
    const { completion, data } = await this.controller.getLogPage(lid, bytes, { lsi: this.group, ...options });
    expectStatus(completion);
    return data;
  }
}
