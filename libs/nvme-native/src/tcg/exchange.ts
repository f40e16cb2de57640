/** One question and its answer over Security Send and Receive (NVMe Base 2.0, 5.26 and 5.25), protocol 1. */
import { setTimeout as pause } from "node:timers/promises";
import type { SecurityOptions } from "../admin/security";
import type { Completion } from "../command/completion";
import { statusText, succeeded } from "../command/status";
import { decodeAnswer, tcgStatusName } from "./methods";
import { decodePacket, encodePacket } from "./packets";
import { TcgMalformedError, type TcgValue } from "./tokens";

export const TCG_PROTOCOL = 1;
const ANSWER_BYTES = 4096;
const POLL_MS = 5;
/** Ten seconds in all: generating keys and reverting take drives a while. */
const MAX_POLLS = 2000;

/** What sends security commands: `controller.commands`. */
export interface TcgChannel {
  securitySend(data: Uint8Array, options: SecurityOptions): Promise<Completion>;
  securityReceive(data: Uint8Array, options: SecurityOptions): Promise<Completion>;
}

/** What the drive made of a call. Its refusals are values. */
export interface TcgAnswer {
  /** Of the last security command. */
  completion: Completion;
  /** Status of the method (Core Specification, 5.1.5); null: there was no answer, `statusName` says why. */
  status: number | null;
  statusName: string;
  results: TcgValue[];
}

export interface TcgAddress {
  comId: number;
  tperSession: number;
  hostSession: number;
}

function noAnswer(completion: Completion, why: string): TcgAnswer {
  return { completion, status: null, statusName: why, results: [] };
}

function answered(completion: Completion, payload: Uint8Array, closes: boolean): TcgAnswer {
  if (closes) return { completion, status: 0, statusName: tcgStatusName(0), results: [] };
  try {
    const { status, results } = decodeAnswer(payload);
    return { completion, status, statusName: tcgStatusName(status), results };
  } catch (reason) {
    if (!(reason instanceof TcgMalformedError)) throw reason;
    return noAnswer(completion, `malformed answer: ${reason.message}`);
  }
}

/** `closes`: the answer is the token that ends a session, not that of a method. */
export async function exchange(
  channel: TcgChannel,
  address: TcgAddress,
  payload: Uint8Array,
  closes = false,
): Promise<TcgAnswer> {
  const options = { protocol: TCG_PROTOCOL, specific: address.comId };
  let completion = await channel.securitySend(encodePacket({ ...address, payload }), options);
  if (!succeeded(completion)) return noAnswer(completion, `Security Send ended with ${statusText(completion)}`);
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    const bytes = new Uint8Array(ANSWER_BYTES);
    completion = await channel.securityReceive(bytes, options);
    if (!succeeded(completion)) return noAnswer(completion, `Security Receive ended with ${statusText(completion)}`);
    try {
      const packet = decodePacket(bytes);
      if (packet.payload.length > 0) return answered(completion, packet.payload, closes);
      if (packet.outstanding === 0) return noAnswer(completion, "the drive has no answer: it ended the session");
    } catch (reason) {
      if (!(reason instanceof TcgMalformedError)) throw reason;
      return noAnswer(completion, `malformed answer: ${reason.message}`);
    }
    await pause(POLL_MS);
  }
  return noAnswer(completion, `no answer after ${(MAX_POLLS * POLL_MS) / 1000} s`);
}

/** Level 0 discovery and the list of protocols have no packets round them. */
export async function receive(
  channel: TcgChannel,
  protocol: number,
  specific: number,
  bytes: number,
): Promise<{ completion: Completion; data: Uint8Array }> {
  const data = new Uint8Array(bytes);
  return { completion: await channel.securityReceive(data, { protocol, specific }), data };
}
