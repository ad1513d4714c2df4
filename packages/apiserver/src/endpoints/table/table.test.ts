import type { KubeObject, PrinterColumn } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import type { ServedResource, ServedVersion } from '../../registry/served-resource.ts';
import { partialList, partialObject } from './partial-metadata.ts';
import { renderTable } from './table.ts';

const nowMs = Date.parse('2026-01-10T00:00:00Z');

const columns: PrinterColumn[] = [
  { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'How large it is.' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

function resourceWith(
  printerColumns: readonly PrinterColumn[],
  strategy: ServedResource['strategy'] = {},
): ServedResource {
  const version = { columns: printerColumns } as ServedVersion;
  return {
    declaration: { group: 'example.com', names: { plural: 'widgets' } },
    strategy,
    versions: new Map([['v1', version]]),
  } as unknown as ServedResource;
}

function widget(name: string, rest: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name, resourceVersion: '7', creationTimestamp: '2026-01-05T00:00:00Z' },
    ...rest,
  };
}

const options = { includeObject: 'Metadata', nowMs } as const;

describe('renderTable', () => {
  it('puts the name first and the declared columns behind it', () => {
    const table = renderTable(resourceWith(columns), 'v1', [], {
      ...options,
      listMeta: { resourceVersion: '9', continue: 'c' },
    });
    expect(table).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '9', continue: 'c' },
      rows: [],
    });
    expect(table.columnDefinitions).toMatchObject([
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Size', type: 'integer', format: '', description: 'How large it is.', priority: 0 },
      { name: 'Ready', type: 'string', priority: 1 },
      { name: 'Age', type: 'date' },
    ]);
  });

  it('fills cells by JSONPath and leaves missing values null', () => {
    const ready = widget('a', { spec: { size: 3 }, status: { conditions: [{ type: 'Ready', status: 'True' }] } });
    const table = renderTable(resourceWith(columns), 'v1', [ready, widget('b')], options);
    expect(table.rows.map((row) => row.cells)).toEqual([
      ['a', 3, 'True', '5d'],
      ['b', null, null, '5d'],
    ]);
  });

  it('says <unknown> for the age of an object without a creation time', () => {
    const item = widget('a');
    delete item.metadata.creationTimestamp;
    expect(renderTable(resourceWith(columns), 'v1', [item], options).rows[0]?.cells[3]).toBe('<unknown>');
  });

  it('shows the age of kinds that declare no columns', () => {
    const table = renderTable(resourceWith([]), 'v1', [widget('a')], options);
    expect(table.columnDefinitions?.map((c) => c.name)).toEqual(['Name', 'Age']);
    expect(table.rows[0]?.cells).toEqual(['a', '5d']);
  });

  it('prefers the cells of the strategy, undefined ones excepted', () => {
    const resource = resourceWith(columns, { tableCells: () => [12, null, undefined] });
    expect(renderTable(resource, 'v1', [widget('a')], options).rows[0]?.cells).toEqual(['a', 12, null, '5d']);
  });

  it('gives strategies the time that ages are counted to', () => {
    const strategy = { tableCells: (_: KubeObject, now?: number) => [now] };
    expect(
      renderTable(resourceWith([{ name: 'At', type: 'string', jsonPath: '' }], strategy), 'v1', [widget('a')], options)
        .rows[0]?.cells,
    ).toEqual(['a', nowMs]);
  });

  it('has no name in front when a declared column is the name', () => {
    const own: PrinterColumn[] = [
      { name: 'Message', type: 'string', jsonPath: '.message' },
      { name: 'Name', type: 'string', format: 'name', jsonPath: '.metadata.name', priority: 1 },
    ];
    const table = renderTable(resourceWith(own), 'v1', [widget('a', { message: 'hi' })], options);
    expect(table.columnDefinitions?.map((c) => c.name)).toEqual(['Message', 'Name']);
    expect(table.rows[0]?.cells).toEqual(['hi', 'a']);
  });

  it('leaves columns null that only a strategy could fill', () => {
    const table = renderTable(
      resourceWith([{ name: 'Data', type: 'string', jsonPath: '' }]),
      'v1',
      [widget('a')],
      options,
    );
    expect(table.rows[0]?.cells).toEqual(['a', null]);
  });

  it('carries what includeObject asks for', () => {
    const item = widget('a', { spec: { size: 1 } });
    const objectOf = (includeObject: 'None' | 'Metadata' | 'Object', tableVersion: 'v1' | 'v1beta1' = 'v1') =>
      renderTable(resourceWith(columns), 'v1', [item], { includeObject, tableVersion, nowMs }).rows[0]?.object;
    expect(objectOf('None')).toBeNull();
    expect(objectOf('Object')).toBe(item);
    expect(objectOf('Metadata', 'v1beta1')).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1beta1',
      metadata: item.metadata,
    });
  });

  it('takes the resource version of a single object', () => {
    expect(renderTable(resourceWith(columns), 'v1', [widget('a')], options).metadata).toEqual({ resourceVersion: '7' });
  });

  it('leaves the column definitions out of later watch events', () => {
    const table = renderTable(resourceWith(columns), 'v1', [widget('a')], { ...options, columnDefinitions: false });
    expect(JSON.parse(JSON.stringify(table)).columnDefinitions).toBeNull();
  });

  it('does not accept a version that is not served', () => {
    expect(() => renderTable(resourceWith(columns), 'v2', [], options)).toThrow(/v2 of widgets is not served/);
  });
});

describe('partial metadata', () => {
  it('reduces objects and lists to their metadata', () => {
    const item = widget('a', { spec: {} });
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: item.metadata };
    expect(partialObject(item, 'v1')).toEqual(partial);
    expect(partialList([item], 'v1', { resourceVersion: '9' })).toEqual({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '9' },
      items: [partial],
    });
  });
});
