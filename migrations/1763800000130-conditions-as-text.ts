import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The conditions of a target are read and written with each grant, always as a whole: they are kept as they come. */
export class ConditionsAsText1763800000130 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await retype(runner, 'json');
  }

  async down(runner: QueryRunner): Promise<void> {
    await retype(runner, 'jsonb');
  }
}

async function retype(runner: QueryRunner, type: string): Promise<void> {
  await runner.query(
    `ALTER TABLE target ALTER conditions DROP DEFAULT, ALTER conditions TYPE ${type} USING conditions::${type},
       ALTER conditions SET DEFAULT '[]'`,
  );
}
