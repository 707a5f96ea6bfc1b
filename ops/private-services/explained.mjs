/** A failure whose message already says what happened and what to do. */
export class Explained extends Error {}
