/** The record separator of RFC 7464, which JSON text never contains. */
const SEPARATOR = '\u001e';

/**
 * JSON texts as one parameter. An array of the driver's would have every quote in them escaped, and PostgreSQL
 * would take that back again.
 */
export const jsonList = (values: readonly unknown[]): string =>
  values.map((value) => JSON.stringify(value)).join(SEPARATOR);

/** What makes a text[] of such a parameter. */
export const textsOf = (parameter: `$${number}`): string =>
  `string_to_array(${parameter}::text, E'\\x1e')`;
