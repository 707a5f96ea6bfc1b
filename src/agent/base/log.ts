export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;
export type Log = (level: Level, message: string, fields?: Fields) => void;

const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error'];

export interface LogOptions {
  readonly format: 'json' | 'plain';
  readonly level: Level;
}

function plain(at: string, level: Level, message: string, fields: Fields): string {
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  return `${at} ${level.padEnd(5)} ${message}${details.join('')}`;
}

export function createLog(options: LogOptions, write: (line: string) => void): Log {
  const threshold = LEVELS.indexOf(options.level);
  return (level, message, fields = {}) => {
    if (LEVELS.indexOf(level) < threshold) return;
    const at = new Date().toISOString();
    const line =
      options.format === 'json'
        ? JSON.stringify({ at, level, message, ...fields })
        : plain(at, level, message, fields);
    write(`${line}\n`);
  };
}
