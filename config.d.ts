import type { HumanDuration } from '@backstage/types';

export interface Config {
  catalog?: {
    /**
     * Reads the company's metadata APIs into the catalog and takes signed
     * deployment webhooks. A map or list that is present and empty is a fault:
     * an environment variable that is not set makes its key vanish.
     */
    customData?: {
      /**
       * Metadata APIs, by name. A name has 1 to 63 of a-z, 0-9 and `-`, with a
       * letter or digit first and last. The provider of `x` is `custom-data-x`.
       */
      sources?: {
        [name: string]: {
          /** What people read for the name. Default: the name. */
          title?: string;
          /** Entity ref of whom to ask about this source. A group unless it says otherwise. */
          owner?: string;
          /**
           * Where records come from: an API over HTTP, or code that was added
           * under the source's name through `customDataExtensionPoint.addSource`.
           * A custom source fetches by itself: `url`, `recordUrl`, `method`,
           * `body`, `query`, `headers`, `auth`, `pagination`, `records` and
           * `request` are faults there. Default: http.
           */
          type?: 'http' | 'custom';
          /**
           * Absolute http or https URL of the list of records, without
           * credentials in it. Required, but for a custom source.
           */
          url?: string;
          /**
           * URL of a single record, with `{id}` where the encoded record id
           * goes, on the same origin as `url`. Default: `url` without query and
           * fragment, and `/{id}`.
           */
          recordUrl?: string;
          /** How the list is asked for; a single record is always a GET. Default: GET. */
          method?: 'GET' | 'POST';
          /**
           * What a POST sends: a map as JSON, a string as it stands. Its
           * `Content-Type` is `application/json` unless `headers` say otherwise.
           *
           * @deepVisibility secret
           */
          body?: { [key: string]: unknown } | string;
          /**
           * Query parameters added to `url` and to the URL of each page; a list
           * gives one several times.
           *
           * @deepVisibility secret
           */
          query?: {
            [name: string]:
              | string
              | number
              | boolean
              | Array<string | number | boolean>;
          };
          /**
           * Request headers, for lists and single records.
           *
           * @deepVisibility secret
           */
          headers?: { [name: string]: string };
          /** How requests are authenticated. Not beside a header `Authorization`. */
          auth?: Auth;
          /** How the list comes in pages. Default: `{ type: none }`. */
          pagination?: Pagination;
          /**
           * JSONata that finds the list inside an answer; with pagination by `page`
           * or `offset` a plain path, such as `data.services`. Default: the answer
           * is the list.
           */
          records?: string;
          /**
           * JSONata that names a record for good, without `${{ }}`. Default:
           * `serviceId`. Required where `entity` or `transformer` is given.
           */
          id?: string;
          /**
           * What a record becomes: one entity, or a list of them, with
           * `${{ JSONata }}` in any string. `apiVersion` is
           * `backstage.io/v1alpha1` by default. Default: a Component made from
           * `serviceId` and `team`.
           */
          entity?: EntityTemplate | EntityTemplate[];
          /**
           * Name of the transformer that maps in code, in place of `entity`, as
           * it was added through `customDataExtensionPoint.addTransformer`: 1 to
           * 63 of a-z, 0-9 and `-`. Default: none.
           */
          transformer?: string;
          /**
           * JSONata, without `${{ }}`. A record for which it is not true gives no
           * entity. Default: each record gives its entities.
           */
          when?: string;
          /**
           * Look-up tables for expressions, by name (a letter, then up to 62
           * letters, digits, `_` and `-`): `$fromTable("owners", team,
           * "group:default/unowned")`. A fault where neither `entity` nor `when`
           * is given. Default: none.
           */
          tables?: { [table: string]: { [key: string]: unknown } };
          /**
           * JSON Schema that each record has to conform to before it is mapped: a
           * map, most often by `$include`, or the path of a JSON file, relative to
           * the working directory of the backend. Default: every record passes.
           */
          schema?: { [key: string]: unknown } | string;
          /** Keys of annotations that each entity has to have. Default: none. */
          requiredAnnotations?: string[];
          /**
           * What becomes of records whose entities' relations close a cycle:
           * they are applied and reported, rejected, or applied without a word.
           * Default: report.
           */
          cycles?: 'report' | 'reject' | 'ignore';
          /**
           * Whether entities that somebody else has in the catalog become this
           * source's. Otherwise they are left alone and reported. Default: false.
           */
          takeover?: boolean;
          /** When the list is polled. */
          schedule?: {
            /** Default: 15 minutes. */
            frequency?: Frequency;
            /** How long one poll may take. Default: 5 minutes. */
            timeout?: Duration;
            /** How long to wait after the start. Default: 30 seconds. */
            initialDelay?: Duration;
          };
          /** When everything is applied anew, whether it has changed or not. */
          reconcile?: {
            /** Default: 6 hours. */
            frequency?: Frequency;
            /** How long one reconciliation may take. Default: `schedule.timeout`. */
            timeout?: Duration;
            /** How long to wait after the start. Default: `schedule.timeout`. */
            initialDelay?: Duration;
          };
          /** How long to leave a source alone after failures in a row. */
          backoff?: {
            /** After the first failure; doubled with each further one. Default: 1 minute. */
            initial?: Duration;
            /** Never longer than this, and not shorter than `initial`. Default: 1 hour. */
            max?: Duration;
          };
          /** How many entities one run may remove before a person has to approve. */
          removals?: {
            /** Share of the source's entities, from 0 to 1. Default: 0.2. */
            maxRatio?: number;
            /** A number of removals that is never held for its ratio. Default: 5. */
            minCount?: number;
          };
          /** Entity kinds that the source may emit. Default: Component, API, Resource, System and Domain. */
          kinds?: string[];
          /** Namespaces that the source may emit into. Default: default. */
          namespaces?: string[];
          /** Locations of type `custom-data` that read single records of this source. */
          locations?: {
            /**
             * Location refs (`*` stands for anything) of who may register such
             * locations. Default: nobody, which an empty list says as well.
             */
            allow?: string[];
          };
          /** Whether the list is polled; false for a source that only serves locations. Default: true. */
          poll?: boolean;
          /** Whether the source does nothing for now. Its entities stay. Default: false. */
          paused?: boolean;
          /** Limits of a single answer, and of requests. */
          request?: {
            /** From the request to the last byte; at most 24 days. Default: 60 seconds. */
            timeout?: Duration;
            /** Size of the body in bytes. Default: 100000000. */
            maxBytes?: number;
            /** How deep objects and arrays may nest. Default: 64. */
            maxDepth?: number;
            /**
             * How often a request that failed in passing is repeated within a
             * run, from 0 to 10. Default: 3.
             */
            retries?: number;
            /** Requests under way at once, in each backend process. Default: 4. */
            concurrency?: number;
            /** From 0.001 to 1000, in each backend process. Default: as many as come. */
            requestsPerSecond?: number;
          };
        };
      };
      /**
       * Senders of deployment webhooks, by name. The name follows the rules of
       * a source's and is part of the URL:
       * `POST /api/catalog/custom-data/webhooks/{name}`.
       */
      webhooks?: {
        [name: string]: {
          /**
           * The format of headers and signature, which is never guessed:
           * `catalog` (`X-Catalog-Signature`) or `standard-webhooks`
           * (`webhook-signature`), around the same body. Default: catalog.
           */
          dialect?: 'catalog' | 'standard-webhooks';
          /** What the sender may sign with: one secret, or several while one is rotated. */
          secrets: Array<{
            /** Names the secret in logs and delivery records. Unique within the sender, at most 63 characters. */
            id: string;
            /**
             * With dialect `catalog` any text of at least 16 bytes in UTF-8. With
             * `standard-webhooks` 24 to 64 bytes in base64 (RFC 4648, section 4),
             * with or without `whsec_` before it. Not the same as another one of
             * the sender.
             *
             * @visibility secret
             */
            secret: string;
            /**
             * From when on it is good: a date (`2027-01-31`, from the start of
             * that day in UTC) or a date and time with its zone. Default: good
             * already.
             */
            notBefore?: string;
            /**
             * From when on it is no longer good, in the same form; later than
             * `notBefore`. Default: good until it is taken out.
             */
            notAfter?: string;
            /**
             * By when it should have been replaced, in the same form. It stays
             * good, and is shown as overdue. Default: none.
             */
            rotateBy?: string;
          }>;
          /**
           * Whether a request has to bring a time and an id that are signed
           * along (`X-Catalog-Timestamp`, `X-Catalog-Delivery`). With
           * `standard-webhooks`, which always signs them, `false` is a fault.
           * Default: false, with `standard-webhooks` true.
           */
          requireTimestamp?: boolean;
          /**
           * How far a time that is signed along may be from ours, either way:
           * 1 second to 1 hour. Default: 5 minutes.
           */
          timeWindow?: Duration;
          /**
           * Networks that it may send from: addresses and CIDR blocks of IPv4
           * and IPv6. `trustProxy` has to be given beside it. Default: any.
           */
          allowFrom?: string[];
          /**
           * Whose `X-Forwarded-For` is believed: the number of proxies in front
           * of the backend (1 to 10), a list of their addresses and CIDR blocks,
           * or `false` for nobody's, where none stands in front. `true` is a
           * fault. The address found is the one that `allowFrom` and `rateLimit`
           * are about. Default: false; required beside `allowFrom`.
           */
          trustProxy?: number | string[] | false;
          /** How many requests it may send in a time, from one address, on each backend process. */
          rateLimit?: {
            /** From 1 to 1000000. Default: 1200. */
            requests?: number;
            /** From 1 second to 1 day. Default: 1 minute. */
            window?: Duration;
          };
          /** How many of its requests are worked on at once, on each backend process, from 1 to 10000. Default: 50. */
          concurrency?: number;
          /** Size of the largest body in bytes, from 1000 to 10000000. Default: 1000000. */
          maxBodyBytes?: number;
          /** Whether what it sends is turned away, with 503. Default: false. */
          paused?: boolean;
          /**
           * Namespaces of entities that it may touch, the one of `entity` among
           * them. Default: the one of `entity`.
           */
          namespaces?: string[];
          /**
           * Services that it may tell of; `*` stands for any text, upper and
           * lower case are the same. Default: any.
           */
          services?: string[];
          /**
           * Names of environments that it may tell of, at most 46 letters,
           * digits, `-`, `_` and `.` each. Default: any.
           */
          environments?: string[];
          /**
           * Template of the entity ref that an event is about, with `{service}`
           * once, in the name. Default: `component:default/{service}`.
           */
          entity?: string;
          /** What `catalog_refresh` fetches. Default: the record that gave the entity. */
          record?: {
            /** Name of a source. */
            source: string;
            /** Template of the record id, with `{service}`. Default: `{service}`. */
            id?: string;
          };
          /**
           * From the name of a service in an event to the name that goes for
           * `{service}`. Upper and lower case are the same.
           */
          aliases?: { [service: string]: string };
        };
      };
      /**
       * Replaces the location types that the catalog lets people register,
       * such as `[url, custom-data]`. Default: those of the catalog.
       */
      allowedLocationTypes?: string[];
      /**
       * Whether every signed-in user may sync, pause and decide over the API
       * while `permission.enabled` is not set. Otherwise only services may
       * then. Default: false.
       */
      allowUserWrites?: boolean;
      /** Whether the backend refuses to start when anything here is misconfigured. Default: false. */
      strict?: boolean;
      /**
       * How long things are kept; at most 100 years. With a fault in here nothing
       * is deleted.
       */
      retention?: {
        /**
         * Deliveries that are settled, with payload and attempts; at least 7
         * days, since a repeat is known by them. Default: 30 days.
         */
        deliveries?: Duration;
        /** Runs of sources; at least 1 day. Default: 30 days. */
        runs?: Duration;
        /**
         * The history of deployments; at least 1 day. What runs now stays; what
         * was removed is remembered as long, but not less than deliveries are
         * kept. Default: 365 days.
         */
        deployments?: Duration;
      };
    };
  };
}

/** `{ minutes: 15 }`, ISO 8601 (`PT15M`), or a number with its unit (`15m`). */
type Duration = HumanDuration | string;

/** A duration, a cron schedule, or by hand only. */
type Frequency = Duration | { cron: string } | { trigger: 'manual' };

type Auth =
  | {
      type: 'basic';
      username: string;
      /** @visibility secret */
      password: string;
    }
  | {
      type: 'bearer';
      /** @visibility secret */
      token: string;
    }
  | {
      /** Client credentials (RFC 6749, section 4.4). */
      type: 'oauth2';
      /** Absolute http or https URL, on any origin. */
      tokenUrl: string;
      clientId: string;
      /** @visibility secret */
      clientSecret: string;
      scope?: string;
      audience?: string;
    };

interface PageBounds {
  /** Name of the query parameter that asks for `pageSize`. */
  sizeParameter?: string;
  /** How many records of a page to ask for, by `sizeParameter`. Default: 100. */
  pageSize?: number;
  /** A list of more pages fails. Default: 1000. */
  maxPages?: number;
}

/**
 * Where the API has `cursor` or `link`, choose that rather than `page` or
 * `offset`. With those two, only an empty page ends the list, which takes one
 * more request; an API that refuses the page behind the last one cannot be read;
 * and a record that is deleted while pages are being read can push another one
 * past the reader.
 *
 * Pages are asked for conditionally where every one of them carries an ETag or
 * Last-Modified; with `link` by header never.
 */
type Pagination =
  | { type: 'none' }
  /** Follows `Link` headers with `rel="next"` (RFC 8288), or links in the answers. */
  | ({
      type: 'link';
      /**
       * JSONata that finds the next page's URL in an answer, in place of the
       * header; nothing ends the list.
       */
      next?: string;
    } & PageBounds)
  | ({
      type: 'cursor';
      /** JSONata that finds the next page's cursor in an answer; nothing ends the list. */
      next: string;
      /** Name of the query parameter that takes the cursor. Default: cursor. */
      parameter?: string;
    } & PageBounds)
  | ({
      /** Counts pages, up to an empty one. */
      type: 'page';
      /** Name of the query parameter that takes the number. Default: page. */
      parameter?: string;
      /** Number of the first page. Default: 1. */
      first?: number;
    } & PageBounds)
  | {
      /** Counts records, up to an empty page. */
      type: 'offset';
      /** Name of the query parameter that takes the number of records before. Default: offset. */
      parameter?: string;
      /** Name of the query parameter that takes the page size. Default: limit. */
      sizeParameter?: string;
      /** How many records of a page to ask for. Default: 100. */
      pageSize?: number;
      /** A list of more pages fails. Default: 1000. */
      maxPages?: number;
    };

interface EntityTemplate {
  /** Default: `backstage.io/v1alpha1`. */
  apiVersion?: string;
  kind: string;
  metadata: { name: string; [key: string]: unknown };
  spec?: { [key: string]: unknown };
}
