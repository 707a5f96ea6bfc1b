import type { Scenario } from '../../../src/lab/scenario.js';
import { umlTestModule } from '../../../src/lab/uml/module.js';
import type { UmlBuild, UmlStage } from './stage.js';

interface Case {
  readonly name: string;
  readonly passed: boolean;
  readonly said: string;
}

/** Cases in a KTAP report: indented below their suite, their parameters below them. */
function casesIn(report: string): Case[] {
  const cases: Case[] = [];
  let said: string[] = [];
  for (const line of report.split('\n')) {
    const [, not, name] = /^ {4}(not )?ok \d+ (?:- )?(\S+)/.exec(line) ?? [];
    if (name === undefined) {
      said.push(line);
      continue;
    }
    cases.push({ name: name.replaceAll('_', ' '), passed: !not, said: said.join('\n') });
    said = [];
  }
  return cases;
}

/** The suites of kernel/tests: what counts as metadata, and the map. */
export async function kunit(s: Scenario, stage: UmlStage, build: UmlBuild): Promise<void> {
  const suites = await s.step('the suites are built', () =>
    umlTestModule(build.kernel, (line) => {
      s.note(line);
    }),
  );
  const report = await s.step('the suites run', () =>
    stage.guest.run(`dmesg -C; insmod ${suites} seed=${s.seed} && rmmod dm-remap-test && dmesg -t`),
  );
  const cases = casesIn(report);
  s.check('and report their cases', cases.length > 0, report);
  for (const { name, passed, said } of cases) s.check(name, passed, said);
}
