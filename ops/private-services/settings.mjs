import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Explained } from './explained.mjs';

const repository = resolve(import.meta.dirname, '../..');

function port(name, fallback) {
  const text = process.env[name] ?? String(fallback);
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new Explained(`${name}=${text} is not a port; give a number from 1 to 65535.`);
  return value;
}

/** One password for both, made once, kept beside the data. */
function secretIn(dataDir) {
  const file = resolve(dataDir, 'services.secret');
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' });
  }
  return readFileSync(file, 'utf8').trim();
}

export function settings() {
  const dataDir = resolve(process.env.DMREMAP_DATA_DIR ?? resolve(repository, '.data'));
  const pgPort = port('DMREMAP_PG_PORT', 54_329);
  const redisPort = port('DMREMAP_REDIS_PORT', 63_799);
  const external = {
    postgres: process.env.DATABASE_URL || undefined,
    redis: process.env.REDIS_URL || undefined,
  };
  try {
    const secret = external.postgres && external.redis ? '' : secretIn(dataDir);
    return {
      dataDir,
      secret,
      external,
      postgres: { dir: resolve(dataDir, 'postgres'), port: pgPort },
      redis: { dir: resolve(dataDir, 'redis'), port: redisPort },
      urls: {
        DATABASE_URL:
          external.postgres ?? `postgres://dmremap:${secret}@127.0.0.1:${pgPort}/dmremap`,
        REDIS_URL: external.redis ?? `redis://:${secret}@127.0.0.1:${redisPort}/0`,
      },
    };
  } catch (error) {
    if (error.code === 'EACCES')
      throw new Explained(
        `${error.path} belongs to another user; run this as the user who made it, or set ` +
          'DMREMAP_DATA_DIR to a directory of your own.',
      );
    throw error;
  }
}
