import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Explained } from './explained.mjs';

const isRoot = process.getuid() === 0;

function idsOf(user) {
  const id = (flag) => {
    const { status, stdout } = spawnSync('id', [flag, user], { encoding: 'utf8' });
    return status === 0 ? Number(stdout) : undefined;
  };
  const uid = id('-u');
  return uid === undefined ? undefined : { user, uid, gid: id('-g') };
}

/** The account a service runs as: this one, or when that is root the first of the names that exists. */
export function accountFor(...names) {
  if (!isRoot) return undefined;
  for (const name of [...names, 'nobody']) {
    const found = idsOf(name);
    if (found) return found;
  }
  throw new Explained(
    `PostgreSQL refuses to run as root and none of the users ${names.join(', ')}, nobody exists; ` +
      'install the package that makes one, or run this as an ordinary user.',
  );
}

/** Set when a directory above the data is closed to others, as root's own often are. */
let needsPassage = false;

/** Lets an account pass through directories that are closed to it; it still owns nothing there. */
const passage = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];

const asAccount = (account, program, args) =>
  account
    ? [
        'setpriv',
        [
          `--reuid=${account.uid}`,
          `--regid=${account.gid}`,
          '--clear-groups',
          ...(needsPassage ? passage : []),
          '--',
          program,
          ...args,
        ],
      ]
    : [program, args];

/** Runs a program by argument vector as the account; the answer is its output, a failure is an error. */
export function runAs(account, program, args, options = {}) {
  const [file, argv] = asAccount(account, program, args);
  return execFileSync(file, argv, {
    encoding: 'utf8',
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
    ...options,
  });
}

/** Makes the directory for the account alone, and checks that the account can reach it. */
export function ownDirectory(account, dir) {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (!account) return;
  if (statSync(dir).uid !== account.uid)
    execFileSync('chown', ['-R', `${account.uid}:${account.gid}`, dir]);
  chmodSync(dir, 0o700);
  const reaches = () => {
    const [file, argv] = asAccount(account, 'touch', [join(dir, '.reached')]);
    return spawnSync(file, argv, { cwd: '/' }).status === 0;
  };
  if (reaches()) return;
  needsPassage = true;
  if (!reaches())
    throw new Explained(
      `User ${account.user} cannot reach ${dir}: a directory above it is closed to others. ` +
        `Open the way (chmod o+x ${dirname(dirname(dir))} and above), or set DMREMAP_DATA_DIR to a ` +
        'directory that others may pass through, for example /var/lib/dm-remap.',
    );
}
