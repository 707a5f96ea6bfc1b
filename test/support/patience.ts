import { jest } from '@jest/globals';

/** A test that starts processes and waits for them on a busy machine. */
jest.setTimeout(90_000);
