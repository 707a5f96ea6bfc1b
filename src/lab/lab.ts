import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultTopology } from './default-topology.js';
import { hasCode, UsageError } from './errors.js';
import { LabHost } from './lab-host.js';
import { defaultLabDirectory } from './paths.js';
import { type HostSpec, parseTopology } from './topology.js';

/** Hosts that keep their state below one directory. */
export class Lab {
  private constructor(
    readonly directory: string,
    readonly hosts: readonly LabHost[],
  ) {}

  /** Without a topology: the one this directory was last opened with, or the default. */
  static open(directory = defaultLabDirectory(), topology?: readonly HostSpec[]): Lab {
    const file = join(directory, 'topology.json');
    if (topology) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      writeFileSync(file, JSON.stringify(topology, null, 2));
    }
    const specs = topology ?? readTopology(file) ?? defaultTopology;
    return new Lab(
      directory,
      specs.map((spec) => new LabHost(spec, directory)),
    );
  }

  host(name: string): LabHost {
    const host = this.hosts.find((each) => each.name === name);
    if (host) return host;
    const names = this.hosts.map((each) => each.name).join(', ');
    throw new UsageError(`The lab has no host ${name}; it has ${names}.`);
  }
}

function readTopology(file: string): readonly HostSpec[] | undefined {
  try {
    return parseTopology(readFileSync(file, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
