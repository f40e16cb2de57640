/** The streams directive (NVMe Base 2.0, 8.7.3) of one namespace. Writes name their stream with the flag `stream`. */
import { bytes as checkBytes, flag, having, integer, U32 } from "../check";
import type { Completion } from "../command/completion";
import { expectStatus } from "../command/expect-status";
import type { Controller } from "../contract/controller";

const IDENTIFY = 0;
const STREAMS = 1;
const SEND = { enable: 1, releaseIdentifier: 1, releaseResources: 2 } as const;
const RECEIVE = { directives: 1, parameters: 1, status: 2, allocate: 3 } as const;
const DIRECTIVES_BYTES = 4096;
const PARAMETERS_BYTES = 32;
/** How many are open, before their identifiers. */
const COUNT_BYTES = 2;
const MAX_OPEN_BYTES = 4096;
const ENABLED_AT = 32;
const MAX_STREAM = 0xffff;

export interface StreamParameters {
  /** Of the subsystem: all, those that no namespace has for itself, and how many of these are open. */
  maxStreams: number;
  available: number;
  subsystemOpen: number;
  /** LBAs, and in units of them. */
  writeLbas: number;
  granularityWrites: number;
  /** Of this namespace. */
  allocated: number;
  open: number;
}

export function decodeStreamParameters(page: Uint8Array): StreamParameters {
  checkBytes("page", page, PARAMETERS_BYTES, U32);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  return {
    maxStreams: view.getUint16(0, true),
    available: view.getUint16(2, true),
    subsystemOpen: view.getUint16(4, true),
    writeLbas: view.getUint32(16, true),
    granularityWrites: view.getUint16(20, true),
    allocated: view.getUint16(22, true),
    open: view.getUint16(24, true),
  };
}

/** Identifiers of open streams. The drive's count is believed as far as the page goes. */
export function decodeOpenStreams(page: Uint8Array): number[] {
  checkBytes("page", page, COUNT_BYTES, U32);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const most = Math.floor(page.length / 2) - 1;
  return Array.from({ length: Math.min(view.getUint16(0, true), most) }, (_, i) => view.getUint16(2 + 2 * i, true));
}

export class Streams {
  constructor(
    private readonly controller: Pick<Controller, "commands">,
    readonly nsid: number,
  ) {
    having("controller", controller, ["commands"]);
    integer("nsid", nsid, 0, U32);
  }

  /** A drive without directives ends this with an error status. */
  async enable(enabled = true): Promise<Completion> {
    const cdw12 = (STREAMS << 8) | (flag("enabled", enabled) ? 1 : 0);
    return this.#send({ type: IDENTIFY, operation: SEND.enable, cdw12 });
  }

  /** Directive types that the namespace can have, and has. @throws StatusExpectationError */
  async directives(): Promise<{ supported: boolean; enabled: boolean }> {
    const page = await this.#read({ type: IDENTIFY, operation: RECEIVE.directives }, DIRECTIVES_BYTES);
    const has = (at: number) => (page[at]! & (1 << STREAMS)) !== 0;
    return { supported: has(0), enabled: has(ENABLED_AT) };
  }

  /** @throws StatusExpectationError */
  async parameters(): Promise<StreamParameters> {
    return decodeStreamParameters(await this.#read({ type: STREAMS, operation: RECEIVE.parameters }, PARAMETERS_BYTES));
  }

  /** Identifiers, the one written longest ago first. @throws StatusExpectationError */
  async open(): Promise<number[]> {
    return decodeOpenStreams(await this.#read({ type: STREAMS, operation: RECEIVE.status }, MAX_OPEN_BYTES));
  }

  /** Dword 0 of the completion: how many of the wanted resources the namespace has for itself now. */
  async allocate(wanted: number): Promise<Completion> {
    const cdw12 = integer("wanted", wanted, 1, MAX_STREAM);
    return this.controller.commands.directiveReceive({
      nsid: this.nsid,
      type: STREAMS,
      operation: RECEIVE.allocate,
      cdw12,
    });
  }

  /** Releases one identifier: what is written with it next opens another stream. */
  async close(stream: number): Promise<Completion> {
    const specific = integer("stream", stream, 1, MAX_STREAM);
    return this.#send({ type: STREAMS, operation: SEND.releaseIdentifier, specific });
  }

  /** Gives back what `allocate` got. */
  async releaseResources(): Promise<Completion> {
    return this.#send({ type: STREAMS, operation: SEND.releaseResources });
  }

  #send(directive: { type: number; operation: number; specific?: number; cdw12?: number }): Promise<Completion> {
    return this.controller.commands.directiveSend({ nsid: this.nsid, ...directive });
  }

  async #read(directive: { type: number; operation: number }, bytes: number): Promise<Uint8Array> {
    const data = new Uint8Array(bytes);
    expectStatus(await this.controller.commands.directiveReceive({ nsid: this.nsid, ...directive, data }));
    return data;
  }
}
