import type { Config } from '@backstage/config';
import { createHmac } from 'node:crypto';

export interface TourOptions {
  catalogUrl: string;
  catalogToken: string;
  metadataUrl: string;
  metadataToken: string;
  webhookSecret: string;
  /** A service that the source has, and so the catalog. */
  service: string;
  /** Set where the records stand in a file: faults and changes are not for it. */
  file?: string;
}

/** What the tour needs of the config and the stand-in API. */
export function readTourOptions(
  config: Config,
  metadata: { url: string; token: string; file: string },
): TourOptions {
  const [access] = config.getConfigArray('backend.auth.externalAccess');
  const [secret] = config.getConfigArray(
    'catalog.customData.webhooks.ci.secrets',
  );
  const usesFile = config.getOptionalString('dev.metadata') === 'file';
  return {
    catalogUrl: `${config.getString('backend.baseUrl')}/api/catalog`,
    catalogToken: access.getString('options.token'),
    metadataUrl: metadata.url,
    metadataToken: metadata.token,
    webhookSecret: secret.getString('secret'),
    service: usesFile ? 'account-api' : 'payments-api',
    ...(usesFile ? { file: metadata.file } : {}),
  };
}

const RULE = '─'.repeat(76);

/** Where to look with a configuration of one's own. */
export function createOwnTour(config: Config): string {
  const [access] = config.getConfigArray('backend.auth.externalAccess');
  const header = `-H 'Authorization: Bearer ${access.getString(
    'options.token',
  )}'`;
  const catalogUrl = `${config.getString('backend.baseUrl')}/api/catalog`;
  return `${RULE}
How its sources are doing:

curl -s ${header} '${catalogUrl}/custom-data/sources'

The entities of the catalog:

curl -s ${header} '${catalogUrl}/entities/by-query?limit=200&fields=kind,metadata.name,spec.owner'
${RULE}`;
}

/** Commands to copy into a shell, with what they are to show. */
export function createTour(options: TourOptions): string {
  const chapters = [
    listing(options),
    deploying(options),
    readingBack(options),
    options.file ? editing(options.file) : changing(options),
    ...(options.file ? [] : [breaking(options)]),
  ];
  return [
    RULE,
    `The catalog is at ${options.catalogUrl}`,
    `The metadata API is at ${options.metadataUrl}, polled every 30 seconds`,
    ...chapters.map((chapter, index) => `\n${index + 1}. ${chapter}`),
    RULE,
  ].join('\n');
}

function listing({ catalogUrl, catalogToken }: TourOptions): string {
  return `What the poll brought:

curl -s -H 'Authorization: Bearer ${catalogToken}' '${catalogUrl}/entities/by-query?limit=200&fields=kind,metadata.name,spec.owner'`;
}

function deploying(options: TourOptions): string {
  const url = `${options.catalogUrl}/custom-data/webhooks/ci`;
  const body = deploymentBody(options.service);
  const signature = createHmac('sha256', options.webhookSecret)
    .update(body)
    .digest('hex');
  return `Tell it of a deployment, signed with the secret of the sender "ci":

curl -i '${url}' -H 'Content-Type: application/json' -H 'X-Catalog-Signature: ${signature}' --data-binary '${body}'

   The same with openssl; it answers 200 rather than 202, since the same bytes
   are the same delivery, unless you change the version first:

BODY='${body}'; SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac '${options.webhookSecret}' | awk '{print $NF}'); curl -i '${url}' -H 'Content-Type: application/json' -H "X-Catalog-Signature: $SIGNATURE" --data-binary "$BODY"`;
}

/** Contains no single quote, so that a shell can quote it. */
function deploymentBody(service: string): string {
  return JSON.stringify({
    event: 'deployment.success',
    service,
    version: '1.4.2',
    catalog_refresh: true,
    metadata: { environment: 'production' },
  });
}

function readingBack({
  catalogUrl,
  catalogToken,
  service,
}: TourOptions): string {
  return `Seconds later its annotations have custom/deployed-version.production
   ("1.4.2") and custom/deployed-at.production:

curl -s -H 'Authorization: Bearer ${catalogToken}' '${catalogUrl}/entities/by-name/component/default/${service}'`;
}

function changing({
  metadataUrl,
  metadataToken,
  service,
}: TourOptions): string {
  const record = JSON.stringify({
    team: 'treasury',
    description: 'Handed over',
    lifecycle: 'production',
  });
  return `Change the company, and the next poll brings it (with another name
   PUT adds a service; DELETE removes one):

curl -s -X PUT '${metadataUrl}/metadata/${service}' -H 'Authorization: Bearer ${metadataToken}' -H 'Content-Type: application/json' -d '${record}'`;
}

function breaking({ metadataUrl }: TourOptions): string {
  return `Make the metadata API fail, and see the catalog keep what it has. The modes
   are none, rate-limit, error, empty, broken-record and slow:

curl -s '${metadataUrl}/faults' -H 'Content-Type: application/json' -d '{"mode":"rate-limit","retryAfter":60}'
curl -s '${metadataUrl}/faults' -H 'Content-Type: application/json' -d '{"mode":"none"}'`;
}

function editing(file: string): string {
  return `Edit the file, or a copy that METADATA_FILE names, and the next poll brings
   it: ${file}`;
}
