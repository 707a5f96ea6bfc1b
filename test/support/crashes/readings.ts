import type { Question, Reading } from './wire';

const text = (bytes: Buffer, from: number) => {
  const end = bytes.indexOf(0, from);
  return { text: bytes.toString('utf8', from, end < 0 ? bytes.length : end), next: end + 1 };
};

/** Messages that are answered only when one of another kind follows. */
const PARTS = 'PBDEC';

/**
 * PostgreSQL's frontend messages (protocol 3.0): a letter, a length, and what they say; the first has no letter.
 * A statement is asked each time that it is bound; its text comes once, when it is prepared by a name.
 */
export function postgresReading(): Reading {
  let begun = false;
  const prepared = new Map<string, string>();
  const statementOf = (message: Buffer): string[] => {
    const kind = String.fromCharCode(message[0] ?? 0);
    if (kind === 'Q') return [text(message, 5).text];
    const { text: first, next } = text(message, 5);
    const second = text(message, next).text;
    if (kind === 'P') prepared.set(first, second);
    return kind === 'B' ? [prepared.get(second) ?? ''] : [];
  };
  return {
    read(bytes) {
      const asked: Question[] = [];
      let from = 0;
      let parts: string[] = [];
      for (let at = 0; ;) {
        const head = begun ? 1 : 0;
        if (bytes.length < at + head + 4) break;
        const length = head + bytes.readUInt32BE(at + head);
        if (bytes.length < at + length) break;
        const message = bytes.subarray(at, at + length);
        if (begun) parts.push(...statementOf(message));
        at += length;
        if (begun && PARTS.includes(String.fromCharCode(message[0] ?? 0))) continue;
        begun = true;
        for (const what of parts) asked.push({ what, from, to: at });
        parts = [];
        from = at;
      }
      return { asked, length: from };
    },
  };
}

/** Redis' commands (RESP): an array of bulk strings each. The words of one, joined by spaces. */
export function redisReading(): Reading {
  const line = (bytes: Buffer, at: number) => {
    const end = bytes.indexOf('\r\n', at);
    return end < 0
      ? undefined
      : { number: Number(bytes.toString('latin1', at + 1, end)), next: end + 2 };
  };
  const command = (bytes: Buffer, from: number): { words: string[]; next: number } | undefined => {
    const head = line(bytes, from);
    if (!head) return undefined;
    const words: string[] = [];
    let at = head.next;
    for (let n = 0; n < head.number; n++) {
      const size = line(bytes, at);
      if (!size || bytes.length < size.next + size.number + 2) return undefined;
      words.push(bytes.toString('latin1', size.next, size.next + size.number));
      at = size.next + size.number + 2;
    }
    return { words, next: at };
  };
  return {
    read(bytes) {
      const asked: Question[] = [];
      let at = 0;
      while (at < bytes.length) {
        const one = command(bytes, at);
        if (!one) break;
        asked.push({ what: one.words.join(' '), from: at, to: one.next });
        at = one.next;
      }
      return { asked, length: at };
    },
  };
}
