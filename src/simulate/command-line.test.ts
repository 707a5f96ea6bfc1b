import { describe, expect, it } from '@jest/globals';
import { simulate } from '../../libs/simulation/index.js';
import { commandFor, readCommandLine, UsageError } from './command-line.js';
import { render } from './report.js';

const words = (text: string) => text.split(' ').filter((word) => word !== '');

describe('the command line of simulate', () => {
  it('compares all named policies on a thousand hosts over three years when nothing is said', () => {
    const { fleet, contenders } = readCommandLine([]);
    expect(fleet).toMatchObject({ hosts: 1000, years: 3, seed: 1 });
    expect(contenders.map(({ label }) => label)).toEqual([
      ...['least-utilised', 'balanced', 'wear-aware', 'spread'],
    ]);
  });

  it.each([
    ['--hosts 0', '--hosts cannot be "0"; give a whole number from 1 to 1000000.'],
    ['--hosts many', '--hosts cannot be "many"; give a whole number from 1 to 1000000.'],
    ['--years 1e9', '--years cannot be "1e9"; give a number from 0.01 to 20.'],
    [
      '--policy best',
      '--policy cannot be "best"; choose from least-utilised, balanced, wear-aware, spread.',
    ],
    ['--apart-by room', '--apart-by cannot be "room"; choose from disk, enclosure, controller'],
    ['--spare-size 1', '--spare-size cannot be "1"; give a whole number from 16 to 1048576.'],
    ['--speed 3', "Unknown option '--speed'"],
    ['fast', 'Unexpected argument'],
  ])('refuses %s and says why', (text, why) => {
    expect(() => readCommandLine(words(text))).toThrow(UsageError);
    expect(() => readCommandLine(words(text))).toThrow(why);
  });

  it.each([
    '',
    '--hosts 7 --years 0.5 --seed 99 --policy spread --policy balanced',
    '--disks 4 --spares 3 --spare-size 64 --apart-by rack --max-arrays 2 --lease 16 --low-water 9',
  ])('names a command that runs the same again: %s', (text) => {
    const asked = readCommandLine(words(text));
    const [, arguments_ = ''] = commandFor(asked).split('simulate -- ');
    expect(readCommandLine(words(arguments_))).toEqual(asked);
  });
});

describe('the report of simulate', () => {
  it('has a column for each policy and says why needs were not met', () => {
    const { fleet, contenders } = readCommandLine(
      words('--hosts 1 --years 0.1 --spares 2 --policy spread --policy balanced'),
    );
    const text = render(simulate(fleet, contenders));
    expect(text).toContain('1 hosts over 0.1 years, seed 1.');
    expect(text).toMatch(/^ +spread +balanced$/m);
    expect(text).toMatch(/^ {2}not met at once +6 +6$/m);
    expect(text).toMatch(/^ {2}balanced +6 shares-disk-with-array-member$/m);
  });
});
