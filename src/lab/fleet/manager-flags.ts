import manifest from '../../../package.json';

/**
 * Of node, those of start:manager. What a batch is planned with outlives a small nursery, and the fewer full
 * collections there are, the fewer needs and reports wait for one. After one that is to give memory back the nursery
 * is small again, and for a second the manager is all but busy with itself. While one is prepared, marking waits for
 * allocations and other threads; as tasks of its own it went before what had come in. After a burst V8 makes for long
 * life what outlived the nursery then; later it is garbage that only a full one takes away.
 */
export const managerFlags = manifest.scripts['start:manager']
  .split(' ')
  .filter((word) => word.startsWith('--'));
