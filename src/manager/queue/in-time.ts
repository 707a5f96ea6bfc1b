const DEADLINE_MS = 2000;

/** Rejects when it takes too long; what becomes of it then is for the caller to say. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      fail(new Error(`no answer within ${DEADLINE_MS} ms`));
    }, DEADLINE_MS).unref();
    answer.then(done, fail).finally(() => {
      clearTimeout(timer);
    });
  });
}
