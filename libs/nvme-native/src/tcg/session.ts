/** A session with a security provider of the drive (TCG Storage Architecture Core Specification 2.01, 5.2.3). */
import { bytes, having, integer, refuse, U32 } from "../check";
import { exchange, type TcgAddress, type TcgAnswer, type TcgChannel } from "./exchange";
import { encodeCall } from "./methods";
import { CONTROL, MAX_TOKEN_BYTES, type TcgNamed, type TcgValue } from "./tokens";
import { METHOD, UID } from "./uids";

/** Any number that is not 0; the drive repeats it. */
const HOST_SESSION = 1;
const HOST_CHALLENGE = 0;
const HOST_SIGNING_AUTHORITY = 3;
const VALUES = 1;
const START_COLUMN = 3;
const END_COLUMN = 4;
const UID_BYTES = 8;
const MAX_COM_ID = 0xffff;
const MANAGER: Omit<TcgAddress, "comId"> = { tperSession: 0, hostSession: 0 };

/** Who opens a session, and with which PIN; without it: anybody. */
export interface TcgAuthority {
  uid: Uint8Array;
  pin: Uint8Array;
}

function checkAuthority(authority: TcgAuthority): TcgAuthority {
  having("authority", authority, ["uid", "pin"]);
  bytes("authority.uid", authority.uid, UID_BYTES, UID_BYTES);
  bytes("authority.pin", authority.pin, 0, MAX_TOKEN_BYTES);
  return authority;
}

/** A method of the session manager. */
export function manage(
  channel: TcgChannel,
  comId: number,
  method: Uint8Array,
  parameters: TcgValue[],
): Promise<TcgAnswer> {
  return exchange(channel, { comId, ...MANAGER }, encodeCall(UID.sessionManager, method, parameters));
}

/** Methods go one after the other; what the drive refuses is an answer, not an error. */
export class TcgSession {
  private constructor(
    private readonly channel: TcgChannel,
    private readonly address: TcgAddress,
  ) {}

  /** `session` is null when the drive did not open one; `answer` says why. */
  static async start(
    channel: TcgChannel,
    comId: number,
    sp: Uint8Array,
    authority: TcgAuthority | null,
  ): Promise<{ answer: TcgAnswer; session: TcgSession | null }> {
    having("channel", channel, ["securitySend", "securityReceive"]);
    integer("comId", comId, 0, MAX_COM_ID);
    bytes("sp", sp, UID_BYTES, UID_BYTES);
    const proof: TcgNamed[] =
      authority === null
        ? []
        : [
            { name: HOST_CHALLENGE, value: checkAuthority(authority).pin },
            { name: HOST_SIGNING_AUTHORITY, value: authority.uid },
          ];
    const answer = await manage(channel, comId, METHOD.startSession, [HOST_SESSION, sp, 1, ...proof]);
    const [hostSession, tperSession] = answer.results;
    if (answer.status !== 0 || typeof hostSession !== "number" || typeof tperSession !== "number") {
      return { answer, session: null };
    }
    return { answer, session: new TcgSession(channel, { comId, hostSession, tperSession }) };
  }

  /** Any method of any object, by their UIDs of 8 bytes. */
  async call(object: Uint8Array, method: Uint8Array, parameters: TcgValue[] = []): Promise<TcgAnswer> {
    bytes("object", object, UID_BYTES, UID_BYTES);
    bytes("method", method, UID_BYTES, UID_BYTES);
    if (!Array.isArray(parameters)) refuse("parameters must be an array of values");
    return exchange(this.channel, this.address, encodeCall(object, method, parameters));
  }

  /** The columns from `first` to `last` of one row. */
  async get(object: Uint8Array, first: number, last: number): Promise<TcgAnswer> {
    integer("first", first, 0, U32);
    integer("last", last, first, U32);
    const block = [
      { name: START_COLUMN, value: first },
      { name: END_COLUMN, value: last },
    ];
    return this.call(object, METHOD.get, [block]);
  }

  /** Cells of one row, by column. */
  async set(object: Uint8Array, cells: [number, TcgValue][]): Promise<TcgAnswer> {
    if (!Array.isArray(cells) || !cells.every(Array.isArray))
      refuse("cells must be an array of columns with their values");
    return this.call(object, METHOD.set, [{ name: VALUES, value: cells.map(([name, value]) => ({ name, value })) }]);
  }

  /** Proves another authority within this session. */
  async authenticate(authority: TcgAuthority): Promise<TcgAnswer> {
    const { uid, pin } = checkAuthority(authority);
    return this.call(UID.thisSp, METHOD.authenticate, [uid, { name: HOST_CHALLENGE, value: pin }]);
  }

  /** End of session; the next one can begin. */
  async close(): Promise<TcgAnswer> {
    return exchange(this.channel, this.address, Uint8Array.of(CONTROL.endOfSession), true);
  }
}
