import { createZodValidationPipe } from 'nestjs-zod';
import { ZodError } from 'zod';
import { ProblemError } from '../problem.js';

export const ValidationPipe = createZodValidationPipe({
  createValidationException: (error) => {
    const issues = error instanceof ZodError ? error.issues : [];
    return new ProblemError(
      400,
      'validation-failed',
      `${issues.length} field(s) are not as the contract has them; see errors.`,
      issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    );
  },
});
