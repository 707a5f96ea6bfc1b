/** Usage of each command, and what `--help` adds to it. */
export const commandHelp = {
  up: {
    usage: 'up [HOST...]',
    summary: 'start hosts, or all of them',
    details: 'Makes disks that are missing. A host that runs already is left alone.',
  },
  down: {
    usage: 'down [HOST...] [--wipe]',
    summary: 'shut hosts down in order, or all of them',
    details: '--wipe  also remove their disks and what is broken on them',
  },
  ls: {
    usage: 'ls',
    summary: 'hosts, their disks and what is broken',
    details: 'One line per host, then one per disk.',
  },
  shell: {
    usage: 'shell HOST',
    summary: 'a root shell in a host, on this terminal',
    details: 'Ends with the shell; its exit code is the command’s.',
  },
  exec: {
    usage: 'exec HOST [--timeout SECONDS] -- CMD...',
    summary: 'run a command in a host',
    details:
      'The words after -- are the argument vector; for a shell line use: -- bash -c "LINE".\n' +
      'Standard input is passed on. The exit code is that of CMD.\n' +
      '--timeout SECONDS  kill CMD after that time (default: never)',
  },
  break: {
    usage: 'break HOST DISK --sectors A+N [--reads|--writes]',
    summary: 'make sectors of a disk fail, while it runs or not',
    details:
      '--sectors A+N  N sectors of 512 bytes from A; A alone is one sector\n' +
      '--reads        only reads fail    --writes  only writes fail    (default: both)\n' +
      'At most 4000 sectors, or the whole disk. They stay broken, over reboots and power cuts, until they are healed.',
  },
  heal: {
    usage: 'heal HOST DISK [--sectors A+N]',
    summary: 'make broken sectors work again, by default all',
    details: 'What was on the medium before is there again.',
  },
  'power-cut': {
    usage: 'power-cut HOST [--seed S] [--keep F]',
    summary: 'cut the power: writes that were not flushed may be lost',
    details:
      '--seed S  repeat the choice of what is lost (a number; default: random, and printed)\n' +
      '--keep F  share of the unflushed writes that survive, 0 to 1 (default 0.5)\n' +
      'The host is off afterwards; start it with: ops/lab boot HOST',
  },
  boot: {
    usage: 'boot HOST',
    summary: 'start one host, after a power cut for example',
    details: 'The same as up, for one host.',
  },
  run: {
    usage: 'run SCENARIO [PART...] [OPTION...]',
    summary: 'run test/lab/SCENARIO.scenario.ts on hosts of its own',
    details:
      'PART            only these parts of a scenario that has parts\n' +
      '--seed S        repeat a run’s random choices\n' +
      '--minutes N     how long a random load runs, where the scenario leaves it open\n' +
      '--keep-running  leave the scenario’s hosts on; reach them with --lab DIR',
  },
} as const;

export type CommandName = keyof typeof commandHelp;

export function isCommand(name: string): name is CommandName {
  return name in commandHelp;
}

const globalHelp =
  '--lab DIR  another lab than the default (scenarios have theirs in .data/lab-scenarios/NAME)\n' +
  '--kernel SERIES  what guests boot, such as 6.12 (default 6.1, or DMREMAP_LAB_KERNEL); what is not\n' +
  '                 installed is fetched once from bookworm-backports\n' +
  '--help     this text, or that of a command\n\n' +
  'Exit code: 0 done, 1 failed, 2 used wrongly; exec and shell pass on that of the command.\n';

export function overview(): string {
  const rows = Object.values(commandHelp).map(
    ({ usage, summary }) => `  ${usage.padEnd(50)} ${summary}`,
  );
  return `usage: ops/lab [--lab DIR] [--kernel SERIES] COMMAND\n\n${rows.join('\n')}\n\n${globalHelp}`;
}

export function helpFor(name: CommandName): string {
  const { usage, summary, details } = commandHelp[name];
  return `usage: ops/lab ${usage}\n\n${summary}\n\n${details}\n`;
}
