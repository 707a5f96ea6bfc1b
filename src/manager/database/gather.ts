type Waiting<Question, Answer> = {
  question: Question;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
};

export interface GatherOptions<Question> {
  /** How long the first question waits for others. */
  readonly waitMs: number;
  /** Questions in one statement, by what they count for; one that counts for more goes alone. */
  readonly most: number;
  /** 1 unless told. */
  readonly countsFor?: (question: Question) => number;
}

/** Statements under way at once; questions that come meanwhile go together into the next. */
const AT_ONCE = 2;

/**
 * Asks the database what many ask for in one statement. Whoever asks gets the answer of a statement that
 * began after the question was put, so nothing is ever answered from memory.
 */
export class Gather<Question, Answer> {
  private waiting: Waiting<Question, Answer>[] = [];
  private timer: NodeJS.Timeout | undefined;
  private underWay = 0;

  /** `ask` answers in the order of the questions. */
  constructor(
    private readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>,
    private readonly options: GatherOptions<Question>,
  ) {}

  async of(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.start();
      }, this.options.waitMs);
    });
  }

  private start(): void {
    while (this.waiting.length > 0 && this.underWay < AT_ONCE) {
      const batch = this.waiting.splice(0, this.fitting());
      this.underWay += 1;
      void this.settle(batch).finally(() => {
        this.underWay -= 1;
        if (this.timer === undefined) this.start();
      });
    }
  }

  /** How many of those that wait go into the next statement. */
  private fitting(): number {
    const { most, countsFor = () => 1 } = this.options;
    let size = 0;
    const tooMuch = this.waiting.findIndex(({ question }) => (size += countsFor(question)) > most);
    return tooMuch < 0 ? this.waiting.length : Math.max(1, tooMuch);
  }

  private async settle(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.ask(batch.map(({ question }) => question));
      if (answers.length !== batch.length)
        throw new Error(`${batch.length} questions got ${answers.length} answers`);
      batch.forEach(({ resolve }, n) => {
        resolve(answers[n] as Answer);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
