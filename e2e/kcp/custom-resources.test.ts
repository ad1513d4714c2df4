import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';

let server: CanopyProcess;
let rest: Rest;

beforeAll(async () => {
  server = await CanopyProcess.start();
  rest = Rest.connect(server, 'root');
});
afterAll(async () => {
  rest.close();
  await server.dispose();
});

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const group = 'lab.example.io';

interface Version {
  name: string;
  [field: string]: unknown;
}

function version(name: string, schema: object, more: object = {}): Version {
  return { name, served: true, storage: false, schema: { openAPIV3Schema: schema }, ...more };
}

function definition(plural: string, versions: Version[], names: object = {}): object {
  const kind = plural[0]?.toUpperCase() + plural.slice(1, -1);
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { plural, singular: plural.slice(0, -1), kind, listKind: `${kind}List`, ...names },
      versions,
    },
  };
}

async function define(object: object): Promise<KubeJson> {
  const made = await rest.ok('POST', crds, object);
  return established(made.metadata.name);
}

function established(name: string): Promise<KubeJson> {
  return eventually(
    async () => {
      const found = await rest.ok('GET', `${crds}/${name}`);
      const conditions = (found.status?.conditions ?? []) as { type: string; status: string }[];
      return conditions.some(({ type, status }) => type === 'Established' && status === 'True') && found;
    },
    { what: `${name} Established` },
  );
}

const at = (name: string, v = 'v1'): string => `/apis/${group}/${v}/${name}`;
const typed = { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } };
const one = (schema: object = typed, more: object = {}): Version[] => [
  version('v1', schema, { storage: true, ...more }),
];

describe('a definition', () => {
  it.each([
    [
      'a schema that is not structural',
      definition('aaas', one({ type: 'object', properties: { spec: { properties: { a: { type: 'string' } } } } })),
    ],
    ['a root that is no object', definition('aaas', one({ type: 'string' }))],
    ['no schema', { ...definition('aaas', [{ name: 'v1', served: true, storage: true }]) }],
    ['no version', definition('aaas', [])],
    ['two storage versions', definition('aaas', [...one(), version('v2', typed, { storage: true })])],
    ['no storage version', definition('aaas', [version('v1', typed)])],
    [
      'a default of the wrong type',
      definition('aaas', one({ type: 'object', properties: { a: { type: 'integer', default: 'x' } } })),
    ],
    ['a name that does not fit', { ...definition('aaas', one()), metadata: { name: 'bbbs.lab.example.io' } }],
    [
      'a pattern that is no expression',
      definition('aaas', one({ type: 'object', properties: { a: { type: 'string', pattern: '(' } } })),
    ],
    [
      'a protected group without approval',
      {
        ...definition('aaas', one()),
        metadata: { name: 'aaas.lab.k8s.io' },
        spec: { ...(definition('aaas', one()) as { spec: object }).spec, group: 'lab.k8s.io' },
      },
    ],
  ])('with %s is invalid', async (_name, object) => {
    const answer = await rest.post(crds, object);
    expect([answer.status, answer.text]).toEqual([422, expect.stringContaining('"reason":"Invalid"')]);
  });

  it('serves its resource with defaults, pruning and validation', async () => {
    await define(
      definition('tubes', [
        version(
          'v1',
          {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  low: { type: 'integer', default: 1 },
                  high: { type: 'integer', default: 9 },
                  color: { type: 'string', enum: ['red', 'blue'] },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
            },
          },
          { storage: true },
        ),
      ]),
    );
    const made = await rest.ok('POST', at('tubes'), {
      apiVersion: `${group}/v1`,
      kind: 'Tube',
      metadata: { name: 'a' },
      spec: { other: 1, free: { any: [1] } },
    });
    expect(made.spec).toEqual({ low: 1, high: 9, free: { any: [1] } });
    expect((await rest.post(at('tubes'), { metadata: { name: 'b' }, spec: { color: 'green' } })).json()).toMatchObject({
      code: 422,
    });
    const strict = await rest.post(`${at('tubes')}?fieldValidation=Strict`, {
      apiVersion: `${group}/v1`,
      kind: 'Tube',
      metadata: { name: 'b' },
      spec: { other: 1 },
    });
    expect(strict.json()).toMatchObject({ code: 400, message: expect.stringContaining('unknown field "spec.other"') });
  });

  it('gives status and scale as subresources', async () => {
    const schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { replicas: { type: 'integer' } } },
        status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
      },
    };
    const subresources = {
      status: {},
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.selector',
      },
    };
    await define(definition('pumps', one(schema, { subresources })));
    const made = await rest.ok('POST', at('pumps'), {
      metadata: { name: 'p' },
      spec: { replicas: 1 },
      status: { replicas: 5 },
    });
    expect(made).not.toHaveProperty('status');
    await rest.ok('PATCH', `${at('pumps')}/p/status`, {
      spec: { replicas: 7 },
      status: { replicas: 2, selector: 'a=b' },
    });
    const seen = await rest.ok('GET', `${at('pumps')}/p`);
    expect([seen.spec, seen.status, seen.metadata.generation]).toEqual([
      { replicas: 1 },
      { replicas: 2, selector: 'a=b' },
      1,
    ]);
    const scale = await rest.ok('GET', `${at('pumps')}/p/scale`);
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 1 },
      status: { replicas: 2, selector: 'a=b' },
    });
    await rest.ok('PUT', `${at('pumps')}/p/scale`, { ...scale, spec: { replicas: 4 } });
    expect((await rest.ok('GET', `${at('pumps')}/p`)).spec).toEqual({ replicas: 4 });
  });

  it('serves several versions of the same objects', async () => {
    await define(definition('vials', [...one(), version('v2', typed), version('v3', typed, { served: false })]));
    await rest.ok('POST', at('vials', 'v2'), {
      apiVersion: `${group}/v2`,
      kind: 'Vial',
      metadata: { name: 'v' },
      spec: { size: 1 },
    });
    const first = await rest.ok('GET', `${at('vials')}/v`);
    const second = await rest.ok('GET', `${at('vials', 'v2')}/v`);
    expect([first.apiVersion, second.apiVersion]).toEqual([`${group}/v1`, `${group}/v2`]);
    expect(first.spec).toEqual(second.spec);
    expect((await rest.get(`${at('vials', 'v3')}/v`)).status).toBe(404);
  });

  it('has columns, short names, categories and selectable fields', async () => {
    const additionalPrinterColumns = [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }];
    const selectableFields = [{ jsonPath: '.spec.size' }];
    await define(
      definition('flasks', one(typed, { additionalPrinterColumns, selectableFields }), {
        shortNames: ['fk'],
        categories: ['glass'],
      }),
    );
    for (const size of [1, 2]) await rest.ok('POST', at('flasks'), { metadata: { name: `f${size}` }, spec: { size } });
    const table = (await rest.get(at('flasks'), { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' })).json<{
      columnDefinitions: { name: string }[];
      rows: { cells: unknown[] }[];
    }>();
    expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Size']);
    expect(table.rows.map(({ cells }) => cells)).toEqual([
      ['f1', 1],
      ['f2', 2],
    ]);
    const list = (await rest.ok('GET', `/apis/${group}/v1`)) as unknown as {
      resources: { name: string; shortNames?: string[]; categories?: string[] }[];
    };
    expect(list.resources.find(({ name }) => name === 'flasks')).toMatchObject({
      shortNames: ['fk'],
      categories: ['glass'],
    });
    const selected = await rest.ok('GET', `${at('flasks')}?fieldSelector=spec.size%3D2`);
    expect(selected.items.map((item) => item.metadata.name)).toEqual(['f2']);
    expect((await rest.get(`${at('flasks')}?fieldSelector=spec.color%3D2`)).status).toBe(400);
  });

  it('may change, and its objects with it', async () => {
    await define(definition('grids', one()));
    await rest.ok('POST', at('grids'), { metadata: { name: 'g' }, spec: { size: 1 } });
    const wider = {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { size: { type: 'integer' }, color: { type: 'string', default: 'red' } } },
      },
    };
    await rest.ok('PATCH', `${crds}/grids.${group}`, { spec: { versions: one(wider) } });
    await eventually(async () => (await rest.ok('GET', `${at('grids')}/g`)).spec.color === 'red', {
      what: 'the new default',
    });
  });

  it('that takes a kind of another is told so and does not serve', async () => {
    await define(definition('masks', one()));
    await rest.ok('POST', crds, definition('wraps', one(), { kind: 'Mask' }));
    const found = await eventually(
      async () => {
        const crd = await rest.ok('GET', `${crds}/wraps.${group}`);
        const conditions = (crd.status?.conditions ?? []) as { type: string; status: string; reason: string }[];
        return conditions.find(({ type }) => type === 'NamesAccepted');
      },
      { what: 'NamesAccepted' },
    );
    expect(found).toMatchObject({ status: 'False', reason: 'KindConflict' });
    expect((await rest.get(at('wraps'))).status).toBe(404);
  });

  it('takes its objects with it', async () => {
    await define(definition('husks', one()));
    await rest.ok('POST', at('husks'), { metadata: { name: 'h' } });
    await rest.ok('DELETE', `${crds}/husks.${group}`);
    await eventually(async () => (await rest.get(`${crds}/husks.${group}`)).status === 404, {
      what: 'the end of the definition',
    });
    expect((await rest.get(at('husks'))).status).toBe(404);
    await define(definition('husks', one()));
    expect((await rest.ok('GET', at('husks'))).items).toEqual([]);
  });
});
