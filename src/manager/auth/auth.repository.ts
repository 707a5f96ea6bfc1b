import type { Role } from '../../../libs/contract/index.js';
import type { Actor } from '../access.js';
import type { Sql } from '../database/database.service.js';
import type { Operator } from '../../../libs/contract/index.js';

export async function operatorByToken(sql: Sql, hash: Buffer): Promise<Actor | undefined> {
  const [row] = await sql.query<Actor>('SELECT name, role FROM operator WHERE token_hash = $1', [
    hash,
  ]);
  return row;
}

export async function insertOperator(
  sql: Sql,
  name: string,
  role: Role,
  hash: Buffer,
): Promise<Operator> {
  const [row] = await sql.query<Operator>(
    `INSERT INTO operator (name, role, token_hash) VALUES ($1, $2, $3)
     RETURNING id, name, role, created_at AS "createdAt"`,
    [name, role, hash],
  );
  if (!row) throw new Error('INSERT … RETURNING gave no row');
  return row;
}

export async function deleteOperator(
  sql: Sql,
  idOrName: string,
): Promise<Pick<Operator, 'id' | 'name' | 'role'> | undefined> {
  const [row] = await sql.query<Pick<Operator, 'id' | 'name' | 'role'>>(
    'DELETE FROM operator WHERE id::text = $1 OR name = $1 RETURNING id, name, role',
    [idOrName],
  );
  return row;
}

export async function listOperators(sql: Sql): Promise<Operator[]> {
  return sql.query<Operator>(
    'SELECT id, name, role, created_at AS "createdAt" FROM operator ORDER BY name',
  );
}
