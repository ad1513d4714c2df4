import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';
import { golden } from './testdata/golden.ts';
import { parseYamlDocument, parseYamlDocuments, stringifyYaml } from './yaml.ts';

const cases = golden('yaml.json');

describe('YAML', () => {
  it.each(cases.toJson!)('reads $args as sigs.k8s.io/yaml does', async ({ args, want }) => {
    if (typeof want === 'string') {
      const json = JSON.stringify((await parseYamlDocument(args[0]!)) ?? null);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(parseJson(want))));
    } else await expect(parseYamlDocument(args[0]!)).rejects.toMatchObject({ code: 400 });
  });

  it.each(cases.toYaml!)('writes $args as sigs.k8s.io/yaml does', async ({ args, want }) => {
    expect(await stringifyYaml(JSON.parse(args[0]!))).toBe(want);
  });

  it('reads back what it wrote', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        const again = (await parseYamlDocument(await stringifyYaml(plain))) ?? null;
        expect(JSON.parse(JSON.stringify(again))).toEqual(plain);
      }),
      { numRuns: 200 },
    );
  });

  it('separates documents and leaves out empty ones', async () => {
    expect(await parseYamlDocuments('a: 1\n---\n# nothing\n---\nb: 2\n')).toEqual([{ a: 1 }, { b: 2 }]);
    await expect(parseYamlDocument('a: 1\n---\nb: 2\n')).rejects.toMatchObject({ code: 400 });
  });

  it('keeps integers of 64 bits', async () => {
    expect(await parseYamlDocument('a: 9007199254740993')).toEqual({ a: 9007199254740993n });
  });

  it('refuses bombs of aliases', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
    await expect(parseYamlDocument(lines.join('\n'))).rejects.toMatchObject({ code: 400 });
  });
});
