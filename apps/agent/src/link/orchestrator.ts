/** The calls of libs/protocol's agent API. Every answer is parsed; each call @throws Unreachable, Refused, BadAnswer. */
import {
  type EnrollAnswer,
  EVENT_VERSION,
  type EventAck,
  enrollAnswerSchema,
  eventAckSchema,
  type Heartbeat,
  type HeartbeatAnswer,
  heartbeatAnswerSchema,
  type Inventory,
  type RunEvent,
  WIRE_VERSION,
} from "@assay/protocol";
import type { z } from "zod";
import type { RunKey } from "../runs/run-directory";
import { request } from "./http";

/** The orchestrator said something that this agent does not understand. */
export class BadAnswer extends Error {
  override name = "BadAnswer";
}

/** The one call without a credential. */
export async function enroll(baseUrl: string, token: string, hostName: string): Promise<EnrollAnswer> {
  const json = { wireVersion: WIRE_VERSION, token, hostName };
  const url = `${apiOf(baseUrl)}/enroll`;
  return understand(
    enrollAnswerSchema,
    await request({ method: "POST", url, credential: null, body: { json } }),
    "enroll",
  );
}

export class Orchestrator {
  constructor(
    private readonly baseUrl: string,
    private readonly credential: string,
  ) {}

  async inventory(inventory: Inventory): Promise<void> {
    await this.send("PUT", "inventory", inventory);
  }

  async heartbeat(heartbeat: Heartbeat): Promise<HeartbeatAnswer> {
    return understand(heartbeatAnswerSchema, await this.send("POST", "heartbeat", heartbeat), "heartbeat");
  }

  /** The run order as it came: the supervisor parses it, because an order that it does not understand must be answered. */
  async claim(key: RunKey): Promise<unknown> {
    return this.send("POST", `runs/${key.runId}/claim`, { wireVersion: WIRE_VERSION, epoch: key.epoch });
  }

  async events(key: RunKey, events: RunEvent[]): Promise<EventAck> {
    const batch = { eventVersion: EVENT_VERSION, epoch: key.epoch, events };
    return understand(eventAckSchema, await this.send("POST", `runs/${key.runId}/events`, batch), "events");
  }

  async cmdlog(key: RunKey, qid: number, file: Uint8Array): Promise<void> {
    const url = `${apiOf(this.baseUrl)}/runs/${key.runId}/cmdlog/${qid}?epoch=${key.epoch}`;
    await request({ method: "PUT", url, credential: this.credential, body: { bytes: file } });
  }

  private send(method: "POST" | "PUT", path: string, json: unknown): Promise<unknown> {
    return request({ method, url: `${apiOf(this.baseUrl)}/${path}`, credential: this.credential, body: { json } });
  }
}

function apiOf(baseUrl: string): string {
  return `${baseUrl.replace(/\/+$/, "")}/api/v1/agent`;
}

function understand<T>(schema: z.ZodType<T>, answer: unknown, call: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  throw new BadAnswer(
    `the orchestrator's answer to ${call} is not understood: ${first?.path.join(".")}: ${first?.message}`,
  );
}
