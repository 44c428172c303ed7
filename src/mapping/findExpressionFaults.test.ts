import { settingsOf } from '../ingestion/__testUtils__/fakes';
import { findExpressionFaults } from './findExpressionFaults';

type Settings = Parameters<typeof settingsOf>[0];

const faultsOf = (settings: Settings) =>
  findExpressionFaults(settingsOf(settings)).map(
    ({ setting, reason }) => `${setting}: ${reason}`,
  );

describe('findExpressionFaults', () => {
  it('finds nothing in a mapping that is in order', () => {
    const settings: Settings = {
      id: '($f := function($x) { $x & "a" }; $f(id))',
      when: 'a@$o.b#$i.($o.c = $i) ~> $boolean',
      records: 'data[active]#$n',
      entity: [
        { metadata: { name: '${{ $slug(a) }}-${{ {"b": {"c": 1}}.b }}' } },
        { spec: { list: ['${{ $map(a, $lowercase) }}', 1, null] } },
      ],
    };
    expect(faultsOf(settings)).toEqual([]);
  });

  it('names all bad expressions of a source at once, wherever they stand', () => {
    const settings: Settings = {
      id: '$eval(id)',
      when: 'a =',
      records: 'a..',
      complete: '$cont(b)',
      pagination: {
        type: 'cursor',
        in: 'query',
        parameter: 'c',
        next: '(a',
        maxPages: 1,
      },
      entity: [
        { metadata: { name: '${{ a + }}', title: '${{ $up(a) }} ${{ $b }}' } },
        { spec: { list: ['x', 'y ${{ a'] } },
        { metadata: { annotations: { 'custom/at': '${{ $now() }}' } } },
        { a: '${{ $fromTable("x", a) }}' },
      ],
    };
    expect(faultsOf(settings)).toEqual([
      expect.stringMatching(
        /^id: .*"\$eval\(id\)" at position 5.*\$eval is not/,
      ),
      expect.stringMatching(/^when: the expression "a =" at position 3/),
      expect.stringMatching(/^records: the expression "a.." at position 3/),
      expect.stringMatching(
        /^complete: .*no variable \$cont; did you mean \$count/,
      ),
      expect.stringMatching(/^pagination\.next: /),
      'entity[0].metadata.name: the expression "a +" at position 3 cannot be used: Unexpected end of expression',
      expect.stringMatching(/^entity\[0\]\.metadata\.title: .*\$up/),
      expect.stringMatching(/^entity\[0\]\.metadata\.title: .*\$b/),
      'entity[1].spec.list[1]: the expression "a" cannot be used: "${{" is not closed by "}}"',
      expect.stringMatching(
        /^entity\[2\]\.metadata\.annotations\["custom\/at"\]: .*\$now is not available/,
      ),
      'entity[3].a: the expression "$fromTable("x", a)" at position 11 cannot be used: there is no table "x": the source has no "tables"',
    ]);
  });
});

describe.each(['page', 'offset'] as const)(
  'records with pagination by %s',
  type => {
    const pagination =
      type === 'page'
        ? { type, parameter: 'p', first: 1, maxPages: 9 }
        : {
            type,
            parameter: 'o',
            sizeParameter: 'l',
            pageSize: 9,
            maxPages: 9,
          };

    it.each([
      undefined,
      'services',
      ' data . services ',
      '_embedded.items2',
      'größe.dienste',
      '`a b`.`c-d`.e',
      'a.`services[active]`',
      '$.services',
      '(/* all of them */ data.services)',
      'services[]',
      '[services]',
    ])('may be %j', records => {
      expect(faultsOf({ records, pagination })).toEqual([]);
    });

    it.each([
      'services[active]',
      '[services[active]]',
      'services[0]',
      '$filter(services, function($s){ $s.active })',
      '$',
      'services ~> $reverse',
      'services ? services : []',
      'services.*',
      'services.(active ? $)',
      'services.{"id": id}',
      'services{"id": id}',
      'services^(id)',
      'services#$i',
      'a & b',
      'a or b',
      '"services"',
      '0',
    ])('may not be %j', records => {
      expect(faultsOf({ records, pagination })).toEqual([
        expect.stringMatching(
          new RegExp(`^records: .* is more than a path; .* by ${type}, `),
        ),
      ]);
    });

    it('is reported once if it cannot be used at all', () => {
      expect(faultsOf({ records: 'a[', pagination })).toHaveLength(1);
      expect(faultsOf({ records: '$slg(a)', pagination })).toHaveLength(1);
    });
  },
);

it('may be more than a path where no empty page ends the list', () => {
  const pagination = { type: 'link', maxPages: 9 } as const;
  expect(faultsOf({ records: 'services[active]', pagination })).toEqual([]);
});
