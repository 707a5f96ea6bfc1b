/**
 * Replaces equal texts in rows by one and the same: what is read of a host names its disks, enclosures and
 * the host itself dozens of times, and stays in memory for long.
 */
export function sharing(): <T>(value: T) => T {
  const known = new Map<string, string>();
  const share = <T>(value: T): T => {
    if (typeof value === 'string') {
      const first = known.get(value);
      if (first === undefined) known.set(value, value);
      return (first ?? value) as T;
    }
    if (typeof value === 'object' && value !== null) {
      const fields = value as Record<string, unknown>;
      for (const name of Object.keys(fields)) fields[name] = share(fields[name]);
    }
    return value;
  };
  return share;
}
