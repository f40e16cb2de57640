/** Randomness comes in at the front door. */
import { randomBytes, randomUUID } from "node:crypto";

export abstract class Ids {
  abstract uuid(): string;
  /** 256 bits, base64url. */
  abstract secret(): string;
  /** 64-bit unsigned, decimal. */
  abstract seed(): string;
}

export class RandomIds extends Ids {
  uuid(): string {
    return randomUUID();
  }

  secret(): string {
    return randomBytes(32).toString("base64url");
  }

  seed(): string {
    return randomBytes(8).readBigUInt64LE().toString();
  }
}
