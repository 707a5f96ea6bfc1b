import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { usageError } from './errors.js';

const Settings = z.object({ url: z.string().optional(), token: z.string().optional() });
export type Settings = z.infer<typeof Settings>;

export const DEFAULT_URL = 'http://127.0.0.1:7070';

type Environment = Readonly<Record<string, string | undefined>>;

export function settingsPath(environment: Environment = process.env): string {
  const base = environment['XDG_CONFIG_HOME'] ?? `${homedir()}/.config`;
  return `${base}/dmremap/config.json`;
}

async function readSettings(path: string): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return {};
  }
  try {
    return Settings.parse(JSON.parse(text));
  } catch {
    throw usageError(`${path} cannot be understood; write it again with: dmremap login`);
  }
}

/** Flags go before the environment, the environment before what `dmremap login` has kept. */
export async function loadSettings(
  flags: Settings,
  environment: Environment = process.env,
): Promise<{ url: string; token: string | undefined }> {
  const kept = await readSettings(settingsPath(environment));
  return {
    url: flags.url ?? (environment['DMREMAP_URL'] || undefined) ?? kept.url ?? DEFAULT_URL,
    token: flags.token ?? (environment['DMREMAP_TOKEN'] || undefined) ?? kept.token,
  };
}

export async function saveSettings(settings: Settings): Promise<string> {
  const path = settingsPath();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, `${JSON.stringify(settings)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return path;
}
