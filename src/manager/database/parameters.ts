/** Parameters that the statement declares as arrays of what PostgreSQL never wants quoted. */
const UNQUOTED = /\$(\d+)::(?:uuid|bigint|float8)\[\]/g;

const knownOf = new Map<string, ReadonlySet<number>>();

/** From 0. */
function unquotedOf(text: string): ReadonlySet<number> {
  const known = knownOf.get(text);
  if (known) return known;
  const found = new Set(Array.from(text.matchAll(UNQUOTED), ([, number]) => Number(number) - 1));
  knownOf.set(text, found);
  return found;
}

/** As they are sent: the driver would look at each element of an array, and quote it. */
export function parametersOf(text: string, parameters: readonly unknown[]): unknown[] {
  const unquoted = unquotedOf(text);
  return parameters.map((value, n) => {
    if (!Array.isArray(value) || !unquoted.has(n)) return value;
    const hasNulls = value.includes(null) || value.includes(undefined);
    return hasNulls ? value : `{${value.join(',')}}`;
  });
}
