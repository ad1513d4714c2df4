import { describe, expect, it } from 'vitest';
import { ProgramUsageError, parseProgramOptions, usageOf } from './program-options.ts';

const program = {
  name: 'bench:things',
  purpose: 'Measures things.',
  options: {
    quick: { type: 'switch', help: 'less' },
    only: { type: 'some', of: ['one', 'two'], help: 'some of' },
    count: { type: 'number', help: 'of things; default: 3' },
    json: { type: 'text', value: 'FILE', help: 'where the figures go' },
  },
} as const;

describe('the options of a program', () => {
  it('are read by type, and absent ones are', () => {
    const args = ['--quick', '--only', 'two,one', '--count', '0.5', '--json=x'];
    expect(parseProgramOptions(program, args).values).toEqual({
      quick: true,
      only: ['two', 'one'],
      count: 0.5,
      json: 'x',
    });
    expect(parseProgramOptions(program, [])).toEqual({
      values: { quick: false, only: undefined, count: undefined, json: undefined },
      argument: undefined,
    });
  });

  it.each([
    ['--nothing', "Unknown option '--nothing'"],
    ['--json', "Option '--json <value>' argument missing"],
    ['--quick=yes', "Option '--quick' does not take an argument"],
    ['--only=one,three', '--only knows no "three", only one, two'],
    ['--count=many', '--count must be a number, not "many"'],
    ['--count=-1', '--count must be a number, not "-1"'],
    ['--count=', '--count must be a number, not ""'],
    ['else', 'unexpected argument "else"'],
  ])('do not take %s', (arg, message) => {
    expect(() => parseProgramOptions(program, [arg])).toThrow(new ProgramUsageError(message));
  });

  it('come with one argument where there is one', () => {
    const taking = { ...program, argument: { name: 'REF', help: 'a commit' } };
    expect(parseProgramOptions(taking, ['HEAD~2', '--quick']).argument).toBe('HEAD~2');
    expect(() => parseProgramOptions(taking, ['a', 'b'])).toThrow('unexpected argument "b"');
    expect(usageOf(taking)).toContain('[-- [REF] [OPTION...]]');
    expect(usageOf(taking)).toContain('  REF           a commit\n');
  });

  it('are told in a usage', () => {
    expect(usageOf(program)).toBe(`Usage: npm run bench:things [-- [OPTION...]]

Measures things.

  --quick       less
  --only PARTS  some of: one, two
  --count N     of things; default: 3
  --json FILE   where the figures go
`);
  });
});
