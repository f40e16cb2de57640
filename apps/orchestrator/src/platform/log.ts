/** One JSON object per line on stdout. Nest's own messages go the same way. */
import type { LoggerService } from "@nestjs/common";
import type { LogLevel } from "./config";

const WEIGHT: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40 };
/** Longer texts are cut: a log line is no dump. */
const MAX_TEXT = 8192;

export class Log implements LoggerService {
  constructor(
    private readonly level: LogLevel,
    private readonly now: () => Date = () => new Date(),
    private readonly write: (line: string) => void = (line) => void process.stdout.write(line),
  ) {}

  log(message: unknown, context?: unknown): void {
    this.put("info", message, typeof context === "string" ? { context } : context);
  }

  info(message: string, fields?: object): void {
    this.put("info", message, fields);
  }

  debug(message: unknown, fields?: unknown): void {
    this.put("debug", message, fields);
  }

  verbose(message: unknown, fields?: unknown): void {
    this.put("debug", message, fields);
  }

  warn(message: unknown, fields?: unknown): void {
    this.put("warn", message, fields);
  }

  error(message: unknown, ...rest: unknown[]): void {
    const fields = rest.find((one) => typeof one === "object" && one !== null);
    const stack = rest.find((one) => typeof one === "string" && one.includes("\n"));
    this.put("error", message, stack ? { ...fields, stack } : fields);
  }

  private put(level: LogLevel, message: unknown, fields?: unknown): void {
    if (WEIGHT[level] < WEIGHT[this.level]) return;
    const text = message instanceof Error ? (message.stack ?? message.message) : String(message);
    const extra = typeof fields === "object" && fields !== null ? fields : {};
    const line = { time: this.now().toISOString(), level, message: text.slice(0, MAX_TEXT), ...extra };
    this.write(`${JSON.stringify(line, plain)}\n`);
  }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return value.message;
  return value;
}
