/** One service as the invented company's metadata API describes it. */
export interface ServiceRecord {
  serviceId: string;
  team: string;
  description: string;
  /** 1 wakes somebody up at night, 3 waits for Monday. */
  tier: 1 | 2 | 3;
  language: string;
  repository: string;
  dashboardUrl: string;
  oncallChannel: string;
  dependsOn?: string[];
  lifecycle: 'production' | 'experimental' | 'deprecated';
}

type Row = Pick<
  ServiceRecord,
  'serviceId' | 'tier' | 'language' | 'description'
> &
  Partial<Pick<ServiceRecord, 'dependsOn' | 'lifecycle'>>;

const row = (
  serviceId: string,
  tier: 1 | 2 | 3,
  language: string,
  description: string,
  rest: Pick<Row, 'dependsOn' | 'lifecycle'> = {},
): Row => ({ serviceId, tier, language, description, ...rest });

/** Harbour & Pine sells furniture; what depends on what has no cycle. */
const TEAMS: Record<string, Row[]> = {
  identity: [
    row('accounts-api', 1, 'go', 'Customer accounts and their addresses'),
    row('login-web', 1, 'typescript', 'Sign-in and password reset pages', {
      dependsOn: ['accounts-api', 'sessions'],
    }),
    row('sessions', 1, 'rust', 'Issues and checks session tokens'),
    row('consent-service', 2, 'kotlin', 'What each customer has agreed to', {
      dependsOn: ['accounts-api'],
    }),
  ],
  payments: [
    row('payments-api', 1, 'kotlin', 'Takes, captures and refunds payments', {
      dependsOn: ['payments-ledger', 'fraud-scoring'],
    }),
    row('payments-ledger', 1, 'java', 'Double-entry book of every payment'),
    row('payments-webhooks', 1, 'go', 'Receives events of the card schemes', {
      dependsOn: ['payments-ledger'],
    }),
    row('invoicing', 2, 'java', 'Invoices and credit notes as PDF', {
      dependsOn: ['payments-ledger', 'document-store'],
    }),
    row('gift-cards', 3, 'kotlin', 'Sells and redeems gift cards', {
      dependsOn: ['payments-api'],
      lifecycle: 'experimental',
    }),
  ],
  risk: [
    row('fraud-scoring', 1, 'python', 'Scores an order before it is paid'),
    row('sanctions-screening', 2, 'java', 'Checks names against public lists'),
    row('chargeback-desk', 3, 'typescript', 'Back office for disputed cards', {
      dependsOn: ['payments-ledger'],
    }),
  ],
  storefront: [
    row('shop-web', 1, 'typescript', 'The shop as customers see it', {
      dependsOn: ['product-catalogue', 'search-api', 'basket'],
    }),
    row('basket', 1, 'go', 'Baskets, also those left behind', {
      dependsOn: ['pricing', 'stock-levels'],
    }),
    row('checkout', 1, 'typescript', 'From a basket to a paid order', {
      dependsOn: ['basket', 'payments-api', 'order-intake', 'sessions'],
    }),
    row('room-planner', 3, 'typescript', 'Furniture in a drawn room', {
      dependsOn: ['product-catalogue'],
      lifecycle: 'experimental',
    }),
    row('shop-web-classic', 3, 'ruby', 'The shop before the rebuild', {
      dependsOn: ['product-catalogue'],
      lifecycle: 'deprecated',
    }),
  ],
  search: [
    row('search-api', 1, 'java', 'Product search and its facets', {
      dependsOn: ['search-indexer'],
    }),
    row('search-indexer', 2, 'java', 'Feeds the product index', {
      dependsOn: ['product-catalogue'],
    }),
    row('recommendations', 2, 'python', 'What goes well with a sofa', {
      dependsOn: ['search-api', 'clickstream'],
    }),
  ],
  products: [
    row('product-catalogue', 1, 'kotlin', 'Every product and its variants'),
    row('product-images', 2, 'go', 'Resizes and serves pictures', {
      dependsOn: ['document-store'],
    }),
    row('pricing', 1, 'kotlin', 'Prices, discounts and campaigns', {
      dependsOn: ['product-catalogue'],
    }),
    row('reviews', 3, 'typescript', 'Stars and words from customers', {
      dependsOn: ['accounts-api'],
    }),
    row('supplier-portal', 2, 'typescript', 'Where suppliers keep their data', {
      dependsOn: ['product-catalogue', 'document-store'],
    }),
  ],
  orders: [
    row('order-intake', 1, 'go', 'Accepts orders, once each', {
      dependsOn: ['order-history'],
    }),
    row('order-history', 1, 'go', 'Every order and what became of it'),
    row('returns', 2, 'kotlin', 'Return labels and refunds', {
      dependsOn: ['order-history', 'payments-api'],
    }),
    row('order-export', 3, 'python', 'Nightly file for the accountants', {
      dependsOn: ['order-history'],
      lifecycle: 'deprecated',
    }),
  ],
  warehouse: [
    row('stock-levels', 1, 'rust', 'How many of what stand where'),
    row('picking', 1, 'java', 'Routes people through the aisles', {
      dependsOn: ['stock-levels', 'order-history'],
    }),
    row('goods-in', 2, 'java', 'Books what arrives at the gates', {
      dependsOn: ['stock-levels'],
    }),
    row('label-printer', 3, 'python', 'Speaks to the label printers'),
  ],
  delivery: [
    row('delivery-slots', 1, 'kotlin', 'Offers and reserves delivery slots'),
    row('route-planning', 2, 'python', 'Tours of the delivery vans', {
      dependsOn: ['delivery-slots'],
    }),
    row('parcel-tracking', 2, 'go', 'Where a parcel is, for everybody', {
      dependsOn: ['carrier-gateway'],
    }),
    row('carrier-gateway', 2, 'go', 'One face for all parcel carriers'),
    row('driver-app-api', 2, 'typescript', 'Serves the app of the drivers', {
      dependsOn: ['route-planning', 'delivery-slots'],
    }),
  ],
  'data-platform': [
    row('clickstream', 2, 'rust', 'Collects what is clicked in the shop'),
    row('warehouse-loader', 3, 'python', 'Loads the analytics warehouse', {
      dependsOn: ['clickstream', 'order-history'],
    }),
    row('feature-store', 3, 'python', 'Features for the models', {
      dependsOn: ['warehouse-loader'],
      lifecycle: 'experimental',
    }),
  ],
  platform: [
    row('edge-gateway', 1, 'go', 'Entrance for all requests from outside', {
      dependsOn: ['sessions'],
    }),
    row('document-store', 1, 'rust', 'Files, with versions and retention'),
    row('notifications', 2, 'typescript', 'Mail, text message and push', {
      dependsOn: ['accounts-api'],
    }),
    row('feature-flags', 2, 'go', 'Switches that need no release'),
    row('cron-runner', 3, 'go', 'Runs what has to run at night'),
  ],
};

function toRecord(team: string, service: Row): ServiceRecord {
  return {
    serviceId: service.serviceId,
    team,
    description: service.description,
    tier: service.tier,
    language: service.language,
    repository: `https://git.example.com/harbour-pine/${service.serviceId}`,
    dashboardUrl: `https://grafana.example.com/d/${service.serviceId}`,
    oncallChannel: `#oncall-${team}`,
    ...(service.dependsOn ? { dependsOn: service.dependsOn } : {}),
    lifecycle: service.lifecycle ?? 'production',
  };
}

/** All services of the invented company, the same on every call. */
export function createCompany(): ServiceRecord[] {
  return Object.entries(TEAMS).flatMap(([team, services]) =>
    services.map(service => toRecord(team, service)),
  );
}
