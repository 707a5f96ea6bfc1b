/**
 * Of node, as start:manager of package.json has them: what a batch is planned with outlives a small nursery, and
 * the fewer full collections there are, the fewer reports wait for one.
 */
export const managerFlags = ['--max-semi-space-size=128', '--heap-growing-percent=200'];
