/** Four digits tell two scores apart as well as anybody needs, and whole numbers are short. */
const UNITS = 1e4;

export const inUnits = (score: number): number => Math.round(score * UNITS);
export const scoreOf = (units: number): number => units / UNITS;
