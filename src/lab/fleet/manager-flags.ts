/** Of node, as start:manager of package.json has them: what a batch is planned with outlives a small nursery. */
export const managerFlags = ['--max-semi-space-size=128'];
