// Bundles each program that ships as a single file.
import { build } from 'esbuild';
import { chmod } from 'node:fs/promises';

const programs = {
  'dm-remap-daemon': 'src/agent/main.ts',
  dmremap: 'src/cli/main.ts',
  'dm-remap-demo': 'src/lab/demo/main.ts',
};

await build({
  entryPoints: Object.fromEntries(Object.entries(programs)),
  outdir: 'dist/bin',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  banner: { js: '#!/usr/bin/env node' },
  logLevel: 'warning',
});

await Promise.all(Object.keys(programs).map((name) => chmod(`dist/bin/${name}.cjs`, 0o755)));
