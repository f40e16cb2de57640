/** One line per message: time, level, words. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export type Logger = Record<LogLevel, (text: string) => void>;

export function createLogger(least: LogLevel, write: (line: string) => void, now: () => Date): Logger {
  const at = (level: LogLevel) => (text: string) => {
    if (logLevels.indexOf(level) < logLevels.indexOf(least)) return;
    write(`${now().toISOString()} ${level.padEnd(5)} ${text.replace(/\n/g, "\n  ")}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** The same sentence at most once per `everyMs`: for what repeats while something is away. */
export function seldom(say: (text: string) => void, everyMs: number, nowMs: () => number): (text: string) => void {
  const last = new Map<string, number>();
  return (text) => {
    const now = nowMs();
    if (now - (last.get(text) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    if (last.size > 256) last.clear();
    last.set(text, now);
    say(text);
  };
}
