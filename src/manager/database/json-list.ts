/** The record separator of RFC 7464, which JSON text never contains. */
const SEPARATOR = '\u001e';

/**
 * JSON texts as one parameter. An array of the driver's would have every quote in them escaped, and PostgreSQL
 * would take that back again.
 */
export const jsonList = (values: readonly unknown[]): string =>
  listOfTexts(values.map((value) => JSON.stringify(value)));

/** Of values that are JSON text already. */
export const listOfTexts = (texts: readonly string[]): string => texts.join(SEPARATOR);

/** What makes a text[] of such a parameter. */
export const textsOf = (parameter: `$${number}`): string =>
  `string_to_array(${parameter}::text, E'\\x1e')`;
