import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';

it('DKMS and npm call the module by one version', () => {
  const [, packaged] =
    /^PACKAGE_VERSION="(.*)"$/m.exec(readFileSync('kernel/dkms.conf', 'utf8')) ?? [];
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(packaged).toBe(version);
});
