/*
 * Draws docs/flow.svg, the picture of the README:
 *
 *   node scripts/draw-flow.js > docs/flow.svg
 *
 * Each row is one way into the catalog, from the left to the right.
 */
const WIDTH = 112;
const HEIGHT = 52;
const GAP = 24;
const TOP = 16;
const ROW = 84;
const LABEL = 96;

const ROWS = [
  {
    name: 'Polling',
    steps: [
      ['Metadata API', 'your records'],
      ['fetch', 'ETag, pages, back-off'],
      ['map', 'template, JSONata'],
      ['validate', 'model, schema'],
      ['plan', 'guards hold what is odd'],
      ['apply', 'only differences'],
    ],
  },
  {
    name: 'Webhooks',
    steps: [
      ['CI', 'signed event'],
      ['verify', 'HMAC of the bytes'],
      ['store', 'answered with 202'],
      ['order', 'the newest wins'],
      ['record', 'history, what runs'],
      ['refresh', 'within seconds'],
    ],
  },
  {
    name: 'Locations',
    steps: [
      ['Location', 'names a record'],
      ['allow', 'who may read it'],
      ['fetch', 'once per interval'],
      ['map', 'template, JSONata'],
      ['validate', 'model, schema'],
      ['emit', 'last good version'],
    ],
  },
];

const left = column => LABEL + column * (WIDTH + GAP);
const top = row => TOP + row * ROW;
const CATALOG_LEFT = left(ROWS[0].steps.length);
const BOTTOM = top(ROWS.length - 1) + HEIGHT;

function box(x, y, height, kind, [title, detail]) {
  const middle = x + WIDTH / 2;
  const centre = y + height / 2;
  return [
    `<rect class="${kind}" x="${x}" y="${y}" width="${WIDTH}" height="${height}" rx="6"/>`,
    `<text class="title" x="${middle}" y="${centre - 3}">${title}</text>`,
    `<text class="detail" x="${middle}" y="${centre + 14}">${detail}</text>`,
  ];
}

function arrow(column, row) {
  const y = top(row) + HEIGHT / 2;
  const from = left(column) - GAP;
  return `<path class="arrow" d="M${from + 3} ${y}H${from + GAP - 4}"/>`;
}

function drawRow({ name, steps }, row) {
  return [
    `<text class="name" x="8" y="${top(row) + HEIGHT / 2 + 4}">${name}</text>`,
    ...steps.flatMap((step, column) => [
      ...box(
        left(column),
        top(row),
        HEIGHT,
        column === 0 ? 'outside' : 'step',
        step,
      ),
      arrow(column + 1, row),
    ]),
  ];
}

const width = CATALOG_LEFT + WIDTH + 12;
const height = BOTTOM + TOP;

process.stdout.write(
  `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Polling, webhooks and locations, each step by step into the catalog">`,
    '<style>',
    'text{font-family:system-ui,sans-serif;fill:#1f2937}',
    '.name{font-size:14px;font-weight:600}',
    '.title{font-size:13px;font-weight:600;text-anchor:middle}',
    '.detail{font-size:9.5px;text-anchor:middle;fill:#4b5563}',
    '.step{fill:#eef2ff;stroke:#6366f1}',
    '.outside{fill:#f3f4f6;stroke:#9ca3af}',
    '.catalog{fill:#dcfce7;stroke:#16a34a}',
    '.arrow{stroke:#4b5563;stroke-width:1.5;fill:none;marker-end:url(#head)}',
    '</style>',
    '<defs><marker id="head" markerWidth="6" markerHeight="6" refX="5" refY="3" orient="auto"><path d="M0 0L6 3L0 6z" fill="#4b5563"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...ROWS.flatMap(drawRow),
    ...box(CATALOG_LEFT, TOP, BOTTOM - TOP, 'catalog', [
      'Catalog',
      'of Backstage',
    ]),
    '</svg>',
  ].join('\n')}\n`,
);
