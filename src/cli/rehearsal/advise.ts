import type { JsonObject, JsonValue } from '@backstage/types';
import { stringify } from 'yaml';
import { DEFAULT_TEMPLATE } from '../../config/entities';
import type { SourceSettings } from '../../config/source';
import { findIds, findLists, type FoundList, keysOf } from './answerShape';
import type { Rehearsal } from '../../ingestion/rehearsal/rehearse';
import { describeShape, isObject, quoteValue } from '../../lib/values';

/** Where the lists of an answer are, for one in which `records` finds none. */
export function adviseOnRecords(answer: JsonValue | undefined): string[] {
  if (answer === undefined || isEmpty(answer)) {
    return [];
  }
  const lists = findLists(answer);
  return [
    `The answer is ${describeShape(answer)}.`,
    ...(lists.length > 0
      ? [
          'Where it has lists, write one of these:',
          ...lists.map(describeList),
          ...(lists.length > 1 ? adviseOnParents(lists.at(-1)!) : []),
        ]
      : adviseOnNoList(answer)),
  ];
}

function isEmpty(answer: JsonValue): boolean {
  return Array.isArray(answer) && answer.length === 0;
}

function describeList({ path, count, keys, missing }: FoundList): string {
  const where = path === '' ? 'without "records"' : `records: ${path}`;
  const lacking =
    missing > 0
      ? `; ${missing} entries around have none, and "records" would fail: see docs/mapping.md, "The list"`
      : '';
  return `  ${where}  # ${count} with the keys ${keys.slice(0, 8).join(', ')}${
    keys.length > 8 ? ', …' : ''
  }${lacking}`;
}

function adviseOnNoList(answer: JsonValue): string[] {
  const members = isObject(answer) ? Object.values(answer) : [];
  return members.length > 1 && members.every(isObject)
    ? [
        'It has no list, but an object for each key. As a list, with the key in each:',
        `  records: '$each($, function($v, $k) { $merge([{ "key": $k }, $v]) })'`,
      ]
    : ['It has no list of objects.'];
}

/** What to write next, where the mapping does not say yet what a record becomes. */
export function advise(
  { counts, listed, problems }: Rehearsal,
  settings: SourceSettings,
  readAnswer: () => JsonValue | undefined,
): string[] {
  const [template] = settings.entity;
  const isUnwritten = template === DEFAULT_TEMPLATE;
  const records = listed.filter(isObject);
  const lacksIds = problems.some(({ code }) =>
    ['record-without-id', 'record-id-twice'].includes(code),
  );
  if (counts.records === 0) {
    return ['The list is empty.', ...adviseOnRecords(readAnswer())];
  }
  if (records.length === 0) {
    return adviseOnRecords(readAnswer());
  }
  return [
    ...(isUnwritten ? adviseOnInnerLists(settings, readAnswer()) : []),
    ...(isUnwritten ? adviseOnMapping(records, counts.invalid > 0) : []),
    ...(!isUnwritten && lacksIds ? adviseOnId(records) : []),
    ...(counts.passed === 0 ? adviseOnCondition(records, settings) : []),
  ];
}

function adviseOnId(records: JsonObject[]): string[] {
  const ids = findIds(records);
  return [
    ...describeKeys(records[0]),
    ids.length > 0
      ? `These differ from record to record: ${ids
          .slice(0, 5)
          .map(id => `id: ${id}`)
          .join(', ')}`
      : 'None of them differs from record to record. Join some of them, such as id: a & "/" & b',
  ];
}

function adviseOnCondition(
  [record]: JsonObject[],
  { when }: SourceSettings,
): string[] {
  return [
    `No record passes when: ${when}`,
    ...describeKeys(record),
    'In JSONata, "=" and "!=" give false where one side is missing; $exists(a) and $not(a = b) tell more.',
  ];
}

/** A mapping to start from, made of the keys that the records have. */
function adviseOnMapping(records: JsonObject[], isNeeded: boolean): string[] {
  if (!isNeeded) {
    return [
      'The source has no "entity" of its own, so this is the default mapping.',
      ...describeKeys(records[0]),
    ];
  }
  const keys = keysOf(records);
  const [id = 'id'] = findIds(records);
  const owner = keys.find(key => /owner|team|squad|group/i.test(key));
  const mapping = {
    id,
    entity: {
      kind: 'Component',
      metadata: {
        name: inTemplate(`$entityName(${id})`),
        ...(keys.includes('description') && {
          description: inTemplate('description'),
        }),
      },
      spec: {
        type: 'service',
        lifecycle: 'production',
        owner: owner ? inTemplate(`$ownerRef($slug(${owner}))`) : 'unowned',
      },
    },
  };
  return [
    ...describeKeys(records[0]),
    'A mapping to start from. Write it beside "url", and change what does not fit:',
    '',
    indent(stringify(mapping, { lineWidth: 0 }), 8),
  ];
}

function describeKeys(record: JsonObject): string[] {
  const width = Math.max(...Object.keys(record).map(key => key.length));
  return [
    'The first record:',
    ...Object.entries(record).map(
      ([key, value]) => `  ${key.padEnd(width)}  ${quoteValue(value)}`,
    ),
  ];
}

function adviseOnParents({ path }: FoundList): string[] {
  return [
    'In the inner ones, % is what stands around an item, and %.% what stands around that. To keep something of it in each record:',
    `  records: '${path}.$merge([{ "group": %.name }, $])'`,
  ];
}

/** For records that are groups of what is meant. */
function adviseOnInnerLists(
  settings: SourceSettings,
  answer: JsonValue | undefined,
): string[] {
  const { records: path = '' } = settings;
  const inner = findLists(answer ?? null).filter(
    list => list.path !== path && list.path.startsWith(path),
  );
  const [last] = inner.slice(-1);
  return last
    ? [
        'The records hold lists. If the things in these are the records, write one of these:',
        ...inner.map(describeList),
        ...adviseOnParents(last),
      ]
    : [];
}

function inTemplate(expression: string): string {
  return '${{ '.concat(expression, ' }}');
}

function indent(text: string, spaces: number): string {
  return text.trimEnd().replace(/^/gm, ' '.repeat(spaces));
}
