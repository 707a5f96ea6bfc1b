import { failure, success } from './result.js';
import type { Failure, Result } from './result.js';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Takes the words of a line one by one; the first that does not fit is remembered and ends the parse. */
export class Words {
  private readonly words: readonly string[];
  private position = 0;
  private firstFailure: Failure | undefined;

  constructor(line: string) {
    const trimmed = line.trim();
    this.words = trimmed === '' ? [] : trimmed.split(/\s+/);
  }

  get remaining(): number {
    return this.words.length - this.position;
  }

  private refuse(name: string, word: string | undefined): void {
    this.firstFailure ??= failure(
      'bad-syntax',
      word === undefined ? `${name} is missing` : `${name} cannot be "${word}"`,
    );
  }

  text(name: string, pattern = /^\S+$/): string {
    const word = this.words[this.position];
    this.position += 1;
    if (word !== undefined && pattern.test(word)) return word;
    this.refuse(name, word);
    return '';
  }

  count(name: string, limit = Number.MAX_SAFE_INTEGER): number {
    const word = this.text(name, /^\d+$/);
    const value = Number(word);
    if (this.firstFailure === undefined && !(value <= limit)) this.refuse(name, word);
    return this.firstFailure === undefined ? value : 0;
  }

  fraction(name: string): readonly [number, number] {
    const word = this.text(name, /^\d+\/\d+$/);
    const [part = 0, whole = 0] = word.split('/').map(Number);
    return [part, whole];
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const word = this.text(name);
    const choice = choices.find((candidate) => candidate === word);
    if (choice === undefined) this.refuse(name, word);
    return choice ?? (word as T);
  }

  rest(): readonly string[] {
    const words = this.words.slice(this.position);
    this.position = this.words.length;
    return words;
  }

  /** The value, unless a word was refused or is left over. */
  finish<T>(value: T): Result<T> {
    if (this.firstFailure !== undefined) return this.firstFailure;
    const extra = this.words[this.position];
    return extra === undefined ? success(value) : failure('bad-syntax', `"${extra}" is too much`);
  }
}
