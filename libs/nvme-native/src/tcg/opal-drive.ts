/**
 * A self-encrypting drive (TCG Storage Opal SSC 2.01). Each method opens a session of its own, does what it is named after
 * and closes it. Refusals of the drive are values: `expectTcg` turns one into an error where a script wants that.
 */
import { flag, having, oneOf, refuse, text } from "../check";
import { statusText, succeeded } from "../command/status";
import type { Controller } from "../contract/controller";
import { NvmeError } from "../nvme-error";
import { decodeDiscovery, type TcgDiscovery } from "./discovery";
import { receive, TCG_PROTOCOL, type TcgAnswer, type TcgChannel } from "./exchange";
import { cellsOf } from "./methods";
import { checkRange, type OpalRange, type OpalRangeOptions, RANGE_COLUMN, rangeCells, rangeFacts } from "./ranges";
import { manage, type TcgAuthority, TcgSession } from "./session";
import type { TcgValue } from "./tokens";
import { accessOf, adminOf, keyOf, METHOD, pinOfAdmin, pinOfUser, rangeOf, UID, userOf } from "./uids";

const DISCOVERY_COM_ID = 1;
const DISCOVERY_BYTES = 2048;
const PIN_COLUMN = 3;
const EXPRESSION_COLUMN = 3;
const ENABLED_COLUMN = 5;
const MAX_PIN_BYTES = 32;
const MAX_STATUS_NAME = 1024;
/** Half UIDs: the next value is an authority, or an operation (Core Specification, 5.1.3.3). */
const AUTHORITY_REFERENCE = Uint8Array.of(0, 0, 0x0c, 0x05);
const BOOLEAN_OPERATION = Uint8Array.of(0, 0, 0x04, 0x0e);
const OR = 1;

export type OpalPin = string | Uint8Array;
export type OpalWho =
  | { sid: OpalPin }
  | { psid: OpalPin }
  | { admin: number; pin: OpalPin }
  | { user: number; pin: OpalPin };
const LOCKS = { none: [0, 0], writes: [0, 1], all: [1, 1] } as const;

function pinBytes(name: string, pin: OpalPin): Uint8Array {
  const bytes = typeof pin === "string" ? new TextEncoder().encode(pin) : pin;
  if (!(bytes instanceof Uint8Array)) refuse(`${name} is no string and no Uint8Array`);
  if (bytes.length > MAX_PIN_BYTES) refuse(`${name} has ${bytes.length} bytes, at most ${MAX_PIN_BYTES} are a PIN`);
  return bytes;
}

function authorityOf(who: OpalWho): TcgAuthority {
  having("who", who, []);
  if ("sid" in who) return { uid: UID.sid, pin: pinBytes("sid", who.sid) };
  if ("psid" in who) return { uid: UID.psid, pin: pinBytes("psid", who.psid) };
  if ("admin" in who) return { uid: adminOf(who.admin), pin: pinBytes("pin", who.pin) };
  if ("user" in who) return { uid: userOf(who.user), pin: pinBytes("pin", who.pin) };
  return refuse("who has neither sid, psid, admin nor user");
}

export class OpalDrive {
  private constructor(
    private readonly channel: TcgChannel,
    private readonly comId: number,
  ) {}

  /** @throws ERR_UNSUPPORTED where the drive is none. */
  static async of(controller: Pick<Controller, "commands">): Promise<OpalDrive> {
    having("controller", controller, ["commands"]);
    having("controller.commands", controller.commands, ["securitySend", "securityReceive"]);
    const { completion, discovery } = await discover(controller.commands);
    if (discovery?.opal) return new OpalDrive(controller.commands, discovery.opal.comId);
    const why =
      discovery === null ? `level 0 discovery ended with ${statusText(completion)}` : "it has no Opal 2 feature";
    throw new NvmeError("ERR_UNSUPPORTED", `the drive is no Opal drive: ${why}`);
  }

  /** Level 0 discovery as it is now. @throws ERR_UNSUPPORTED when the drive refuses it */
  async discover(): Promise<TcgDiscovery> {
    const { completion, discovery } = await discover(this.channel);
    if (discovery !== null) return discovery;
    throw new NvmeError("ERR_UNSUPPORTED", `level 0 discovery ended with ${statusText(completion)}`);
  }

  /** What the drive can take and has at most, by the names of Core Specification 5.2.2.1. */
  async properties(): Promise<{ answer: TcgAnswer; properties: Record<string, number> }> {
    const answer = await manage(this.channel, this.comId, METHOD.properties, []);
    const properties: Record<string, number> = {};
    const [list] = answer.results;
    for (const entry of Array.isArray(list) ? list : []) {
      if (typeof entry !== "object" || !("name" in entry) || !(entry.name instanceof Uint8Array)) continue;
      if (typeof entry.value === "number") properties[new TextDecoder().decode(entry.name)] = entry.value;
    }
    return { answer, properties };
  }

  /** A session for everything that has no method here. `who` null: anybody. */
  async session(
    sp: "admin" | "locking",
    who: OpalWho | null,
  ): Promise<{ answer: TcgAnswer; session: TcgSession | null }> {
    oneOf("sp", sp, ["admin", "locking"]);
    const uid = sp === "admin" ? UID.adminSp : UID.lockingSp;
    return TcgSession.start(this.channel, this.comId, uid, who === null ? null : authorityOf(who));
  }

  /** The PIN that SID has as the drive leaves the factory; everybody may read it. */
  async msid(): Promise<{ answer: TcgAnswer; msid: Uint8Array | null }> {
    const answer = await this.#within("admin", null, (session) => session.get(UID.pinOfMsid, PIN_COLUMN, PIN_COLUMN));
    const msid = answer.status === 0 ? cellsOf(answer.results).get(PIN_COLUMN) : null;
    return { answer, msid: msid instanceof Uint8Array ? msid : null };
  }

  /** `sid`: the PIN that SID has now; the MSID on a drive that nobody owns. */
  async setSidPin(sid: OpalPin, pin: OpalPin): Promise<TcgAnswer> {
    const value = pinBytes("pin", pin);
    return this.#within("admin", { sid }, (session) => session.set(UID.pinOfSid, [[PIN_COLUMN, value]]));
  }

  /** From now on ranges can lock; Admin1 begins with the PIN of SID. */
  async activate(sid: OpalPin): Promise<TcgAnswer> {
    return this.#within("admin", { sid }, (session) => session.call(UID.lockingSp, METHOD.activate));
  }

  /** The PIN of Admin 1 to 4. */
  async setAdminPin(who: OpalWho, admin: number, pin: OpalPin): Promise<TcgAnswer> {
    const value = pinBytes("pin", pin);
    return this.#within("locking", who, (session) => session.set(pinOfAdmin(admin), [[PIN_COLUMN, value]]));
  }

  /** The PIN of a user; he can open no session before `enableUser`. */
  async setUserPin(who: OpalWho, user: number, pin: OpalPin): Promise<TcgAnswer> {
    const value = pinBytes("pin", pin);
    return this.#within("locking", who, (session) => session.set(pinOfUser(user), [[PIN_COLUMN, value]]));
  }

  /** Lets a user open sessions, or no longer. */
  async enableUser(who: OpalWho, user: number, enabled = true): Promise<TcgAnswer> {
    flag("enabled", enabled);
    return this.#within("locking", who, (session) => session.set(userOf(user), [[ENABLED_COLUMN, enabled ? 1 : 0]]));
  }

  /** These users, beside the Admins, may lock and unlock the range. */
  async permitUsers(who: OpalWho, range: number, users: number[]): Promise<TcgAnswer> {
    if (!Array.isArray(users) || users.length === 0) refuse("users must be an array of at least one number");
    const references = users.map((user) => ({ name: AUTHORITY_REFERENCE, value: userOf(user) }));
    const ors = users.slice(1).map(() => ({ name: BOOLEAN_OPERATION, value: OR }));
    const expression: TcgValue = [...references, ...ors];
    return this.#within("locking", who, async (session) => {
      const reads = await session.set(accessOf("read", range), [[EXPRESSION_COLUMN, expression]]);
      return reads.status === 0 ? session.set(accessOf("write", range), [[EXPRESSION_COLUMN, expression]]) : reads;
    });
  }

  /** Range 0 is the global one, which has no place. LBAs that come or go lose their data. */
  async setRange(who: OpalWho, range: number, options: OpalRangeOptions): Promise<TcgAnswer> {
    const cells = rangeCells(checkRange(options));
    return this.#within("locking", who, (session) => session.set(rangeOf(range), cells));
  }

  /** Place and locks of a range; null when the drive did not tell. */
  async range(who: OpalWho, range: number): Promise<{ answer: TcgAnswer; range: OpalRange | null }> {
    const answer = await this.#within("locking", who, (session) =>
      session.get(rangeOf(range), RANGE_COLUMN.start, RANGE_COLUMN.activeKey),
    );
    return { answer, range: answer.status === 0 ? rangeFacts(cellsOf(answer.results)) : null };
  }

  /** Locks act where they are enabled: reads end with 02/86 under `all`, writes under `all` and `writes`. */
  async lock(who: OpalWho, range: number, locks: keyof typeof LOCKS): Promise<TcgAnswer> {
    const [read, write] = LOCKS[oneOf("locks", locks, Object.keys(LOCKS) as (keyof typeof LOCKS)[])];
    return this.#within("locking", who, (session) =>
      session.set(rangeOf(range), [
        [RANGE_COLUMN.readLocked, read],
        [RANGE_COLUMN.writeLocked, write],
      ]),
    );
  }

  /** What the range holds can never be read again. */
  async generateKey(who: OpalWho, range: number): Promise<TcgAnswer> {
    return this.#within("locking", who, (session) => session.call(keyOf(range), METHOD.genKey));
  }

  /** The whole drive as it left the factory, without data. The PSID is printed on its label. */
  async revert(who: { sid: OpalPin } | { psid: OpalPin }): Promise<TcgAnswer> {
    return this.#within("admin", who, (session) => session.call(UID.adminSp, METHOD.revert), true);
  }

  /** The Locking SP alone; SID keeps its PIN. */
  async revertLockingSp(who: OpalWho): Promise<TcgAnswer> {
    return this.#within("locking", who, (session) => session.call(UID.thisSp, METHOD.revertSp), true);
  }

  async #within(
    sp: "admin" | "locking",
    who: OpalWho | null,
    act: (session: TcgSession) => Promise<TcgAnswer>,
    endsItself = false,
  ): Promise<TcgAnswer> {
    const { answer, session } = await this.session(sp, who);
    if (session === null) return answer;
    let result: TcgAnswer;
    try {
      result = await act(session);
    } catch (reason) {
      // A session that stays open keeps the next one out.
      await session.close().catch(() => {});
      throw reason;
    }
    if (!endsItself || result.status !== 0) await session.close();
    return result;
  }
}

async function discover(channel: TcgChannel) {
  const { completion, data } = await receive(channel, TCG_PROTOCOL, DISCOVERY_COM_ID, DISCOVERY_BYTES);
  return { completion, discovery: succeeded(completion) ? decodeDiscovery(data) : null };
}

/** The drive answered otherwise than a script asserted. */
export class TcgExpectationError extends Error {
  constructor(
    readonly answer: TcgAnswer,
    readonly expected: string,
  ) {
    super(`the drive answered ${answer.statusName}; expected was ${expected}`);
    this.name = "TcgExpectationError";
  }
}

/** Gives the answer back when the drive said so. @throws TcgExpectationError */
export function expectTcg(answer: TcgAnswer, statusName = "SUCCESS"): TcgAnswer {
  having("answer", answer, ["statusName"]);
  text("statusName", statusName, MAX_STATUS_NAME);
  if (answer.statusName !== statusName) throw new TcgExpectationError(answer, statusName);
  return answer;
}
