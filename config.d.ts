import type { HumanDuration } from '@backstage/types';

export interface Config {
  catalog?: {
    /**
     * Reads the company's metadata APIs into the catalog and takes signed
     * deployment webhooks. An empty map or list is an error: an environment
     * variable that is not set makes its key vanish.
     */
    customData?: {
      /**
       * Metadata APIs, by name. A name has 1 to 63 of a-z, 0-9 and `-`. It begins
       * and ends with a letter or a digit. The provider of `x` is `custom-data-x`.
       */
      sources?: {
        [name: string]: {
          /** Display name. Without it, the name of the source. */
          title?: string;
          /** Entity ref of whom to ask about this source. The default kind is `group`. */
          owner?: string;
          /** What this source is for, in a sentence. */
          purpose?: string;
          /**
           * Where records come from. `http` is an API. `custom` is code that was
           * added under the source's name with `customDataExtensionPoint.addSource`.
           * A custom source fetches by itself and must not have `url`, `recordUrl`,
           * `method`, `body`, `query`, `headers`, `auth`, `pagination`, `records`,
           * `complete` or `request`. `push` is given its entities over HTTP. It has
           * `principals`, and none of these keys or those of records and polls.
           *
           * @default "http"
           */
          type?: 'http' | 'custom' | 'push';
          /**
           * Who may write to a source of type `push`, which needs at least one.
           * A subject alone may push every kind and namespace of the source.
           */
          principals?: Array<
            | string
            | {
                /**
                 * The `subject` of a token of `backend.auth.externalAccess`, the entity
                 * ref of a user, or `plugin:<id>`.
                 */
                subject: string;
                /** Kinds that it may push. Without it, those of the source. */
                kinds?: string[];
                /** Namespaces that it may push into. Without it, those of the source. */
                namespaces?: string[];
              }
          >;
          /**
           * Whether a write to a source of type `push` needs `If-Match`, or
           * `If-None-Match: *`, and is answered with 428 without.
           *
           * @default false
           */
          requireIfMatch?: boolean;
          /**
           * Absolute http or https URL of the list of records, without credentials.
           * Required for the type `http`.
           */
          url?: string;
          /**
           * URL of a single record. `{id}` stands for the encoded record id. It has
           * the same origin as `url`. Without it, `url` without query and fragment,
           * followed by `/{id}`.
           */
          recordUrl?: string;
          /**
           * HTTP method for the list. A single record is always requested with GET.
           *
           * @default "GET"
           */
          method?: 'GET' | 'POST';
          /**
           * Body of a POST: a map is sent as JSON, a string as it is. The
           * `Content-Type` is `application/json` unless `headers` set another.
           *
           * @deepVisibility secret
           */
          body?: { [key: string]: unknown } | string;
          /**
           * Query parameters added to `url` and to the URL of each page. A list
           * repeats the parameter.
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
          /** How requests are authenticated. Not allowed beside a header `Authorization`. */
          auth?: Auth;
          /**
           * What to call the credential in `headers` or `auth`, and when it should
           * be replaced. Without `id`, it is called by its key; with a new `id` it
           * is a new credential.
           */
          credential?: {
            id?: string;
            /** A date, or a date and time. Without it, 90 days after the `id` was first seen. */
            rotateBy?: string;
          };
          /**
           * How the list is divided into pages.
           *
           * @default { "type": "none" }
           */
          pagination?: Pagination;
          /**
           * JSONata expression that finds the list inside an answer. With
           * pagination by `page` or `offset` it must be a plain path, such as
           * `data.services`. Without it, the answer is the list.
           */
          records?: string;
          /**
           * JSONata expression, evaluated on the answer of the last page: only if
           * it is true is the list whole, and may what it lacks be removed.
           * Without it, an answer that has an `error` or `errors`, says that it was
           * cut, states a greater total, says that there is more, or names a next
           * page although there is no `pagination`, is not whole.
           */
          complete?: boolean | string;
          /**
           * JSONata expression, without `${{ }}`, that gives the permanent id of a
           * record. Required beside `entity` or `transformer`.
           *
           * @default "serviceId"
           */
          id?: string;
          /**
           * What a record becomes: one entity, or a list of them, with
           * `${{ JSONata }}` in any string. Without it, a Component made from
           * `serviceId` and `team`.
           */
          entity?: EntityTemplate | EntityTemplate[];
          /**
           * Name of a transformer that maps in code, in place of `entity`. It was
           * added with `customDataExtensionPoint.addTransformer`. The name has 1 to
           * 63 of a-z, 0-9 and `-`.
           */
          transformer?: string;
          /**
           * JSONata expression, without `${{ }}`. A record gives entities only if
           * it is true. Without it, every record does.
           */
          when?: string;
          /**
           * Look-up tables for expressions, by name:
           * `$fromTable("owners", team, "group:default/unowned")`. A name begins
           * with a letter, followed by up to 62 letters, digits, `_` and `-`. Not
           * allowed without an expression that could use them.
           */
          tables?: { [table: string]: { [key: string]: unknown } };
          /**
           * Other owners for entities, each by the owner that the mapping gives:
           * `platform-team: group:default/platform`. Applied after the mapping.
           */
          owners?: { [owner: string]: string };
          /**
           * JSON Schema that each record must conform to before it is mapped: a
           * map, usually by `$include`, or the path of a JSON file, relative to the
           * working directory of the backend. Without it, every record passes.
           */
          schema?: { [key: string]: unknown } | string;
          /** Keys of annotations that each entity must have. Without it, none. */
          requiredAnnotations?: string[];
          /**
           * What to do with records whose entities' relations form a cycle.
           * `report` applies and reports them, `reject` rejects them, `ignore`
           * applies them silently.
           *
           * @default "report"
           */
          cycles?: 'report' | 'reject' | 'ignore';
          /**
           * Whether the source takes over entities that the catalog has from
           * elsewhere. If not, they are left alone and reported.
           *
           * @default false
           */
          takeover?: boolean;
          /** When the list is polled. */
          schedule?: {
            /**
             * How often the list is polled.
             *
             * @default 15 minutes
             */
            frequency?: Frequency;
            /**
             * Maximum duration of a poll, at most 24 days.
             *
             * @default 5 minutes
             */
            timeout?: Duration;
            /**
             * Delay after the start, 0 or longer. Without it, 30 seconds, but none
             * for a cron or a trigger.
             */
            initialDelay?: Duration;
          };
          /** When all entities are applied again, changed or not. */
          reconcile?: {
            /**
             * How often all entities are applied again.
             *
             * @default 6 hours
             */
            frequency?: Frequency;
            /**
             * Maximum duration of a reconciliation, at most 24 days. Without it,
             * `schedule.timeout`.
             */
            timeout?: Duration;
            /**
             * Delay after the start, 0 or longer. Without it, `schedule.timeout`,
             * but none for a cron or a trigger.
             */
            initialDelay?: Duration;
          };
          /** How long the source is left alone after failures in a row. */
          backoff?: {
            /**
             * Delay after the first failure. It doubles with each further one.
             *
             * @default 1 minute
             */
            initial?: Duration;
            /**
             * Longest delay. Not shorter than `initial`.
             *
             * @default 1 hour
             */
            max?: Duration;
          };
          /**
           * How many entities may be removed within 24 hours without a person's
           * approval; never all at once.
           */
          removals?: {
            /**
             * Share of the source's entities, from 0 to 1.
             *
             * @default 0.2
             */
            maxRatio?: number;
            /**
             * Number of removals that is allowed whatever its share, as long as
             * they are not all. A whole number.
             *
             * @default 1
             */
            minCount?: number;
            /**
             * Whether entities stay whose records the list lacks. A clean-up
             * deprecates and archives them later.
             *
             * @default false
             */
            keep?: boolean;
          };
          /**
           * How many entities may change in the same field at once without a
           * person's approval: in `spec.owner`, `spec.system`, `spec.type`,
           * `spec.lifecycle`, or a relation.
           */
          changes?: {
            /**
             * Share of the source's entities, from 0 to 1. Fewer than 20 changes
             * are only held where an expression lost its input. 1 holds nothing.
             *
             * @default 0.5
             */
            maxRatio?: number;
            /** Fields whose changes are never held, such as `spec.lifecycle`. */
            ignore?: string[];
          };
          /**
           * Entity kinds that the source may emit.
           *
           * @default ["Component", "API", "Resource", "System", "Domain"]
           */
          kinds?: string[];
          /**
           * Namespaces that the source may emit into.
           *
           * @default ["default"]
           */
          namespaces?: string[];
          /**
           * Maximum size of one entity, in bytes of JSON. A record that gives a
           * larger one is invalid.
           *
           * @default 1000000
           */
          maxEntityBytes?: number;
          /** Locations of type `custom-data` that read single records of this source. */
          locations?: {
            /**
             * Location refs of who may register such locations. `*` stands for any
             * text. An empty list means nobody.
             *
             * @default []
             */
            allow?: string[];
          };
          /**
           * Whether the list is polled. Set it to false for a source that only
           * serves locations.
           *
           * @default true
           */
          poll?: boolean;
          /**
           * Whether the source does nothing for now. Its entities stay.
           *
           * @default false
           */
          paused?: boolean;
          /** Limits of a single answer, and of requests. */
          request?: {
            /**
             * Time from the request to the last byte, at most 24 days.
             *
             * @default 1 minute
             */
            timeout?: Duration;
            /**
             * With `any`, an answer is read if it parses as JSON, such as a bucket's
             * `application/octet-stream`. Without it, its `Content-Type` must be one
             * of JSON, `text/plain` or missing.
             */
            accept?: 'any';
            /**
             * Maximum size of the body, in bytes.
             *
             * @default 100000000
             */
            maxBytes?: number;
            /**
             * Maximum depth of nested objects and arrays.
             *
             * @default 64
             */
            maxDepth?: number;
            /**
             * How often a request that failed with a temporary error is retried
             * within a run, from 0 to 10.
             *
             * @default 3
             */
            retries?: number;
            /**
             * In-flight requests, in each backend process.
             *
             * @default 4
             */
            concurrency?: number;
            /** From 0.001 to 1000, in each backend process. Without it, no limit. */
            requestsPerSecond?: number;
          };
        };
      };
      /**
       * Senders of deployment webhooks, by name. The name follows the rules of
       * a source's name and is part of the URL:
       * `POST /api/catalog/custom-data/webhooks/{name}`.
       */
      webhooks?: {
        [name: string]: {
          /** Entity ref of whom to ask about this sender. The default kind is `group`. */
          owner?: string;
          /** What this sender is for, in a sentence. */
          purpose?: string;
          /**
           * Format of the body, and of the signature unless `signature` says
           * otherwise: `catalog`, `standard-webhooks`, `cdevents`, `flux`,
           * `github`, `gitlab`, `json` (any JSON, by a `mapping`), or a name that
           * another module has added. It is never guessed.
           *
           * @default "catalog"
           */
          dialect?: string;
          /**
           * How requests are signed with an HMAC. Without it, as those who send
           * the dialect do: `catalog` (`X-Catalog-Signature`),
           * `standard-webhooks` (`webhook-signature`), `github`
           * (`X-Hub-Signature-256`) or `flux` (`X-Signature`).
           */
          signature?: 'catalog' | 'standard-webhooks' | 'github' | 'flux';
          /**
           * JSONata expressions over the body, by the field of the payload that
           * each gives. They replace what the dialect reads. With `json`, `event`,
           * `version`, `environment`, and `service` or `repository` are required.
           */
          mapping?: {
            event?: string;
            service?: string;
            repository?: string;
            version?: string;
            environment?: string;
            target?: string;
            physicalEnvironment?: string;
            time?: string;
            sequence?: string;
            url?: string;
            commit?: string;
            commitTime?: string;
            digest?: string;
            catalog_refresh?: string;
            /** The sender's own id of a delivery. */
            id?: string;
          };
          /**
           * The annotation by which an entity is found where an event names a
           * repository and no service. Without it, `gitlab.com/project-slug` with
           * dialect `gitlab`, and `github.com/project-slug` with any other.
           */
          repositoryAnnotation?: string;
          /**
           * Secrets that the sender may sign with. Several while one is rotated.
           * Required where `verify.all` has `hmac`, `basic` or `token`, as it has
           * by default, and an error elsewhere.
           */
          secrets?: Array<{
            /**
             * Names the secret in logs and delivery records. Unique within the
             * sender, at most 63 characters.
             */
            id: string;
            /**
             * With dialect `catalog`, any text of at least 16 bytes in UTF-8. With
             * `standard-webhooks`, 24 to 64 bytes in base64 (RFC 4648, section 4),
             * with or without `whsec_` before it. Each secret of a sender differs.
             *
             * @visibility secret
             */
            secret: string;
            /**
             * When the secret becomes valid: a date (`2027-01-31`, from the start
             * of that day in UTC) or a date and time with its zone. Without it,
             * the secret is valid already.
             */
            notBefore?: string;
            /**
             * When the secret expires, in the same form. Later than `notBefore`.
             * Without it, the secret does not expire.
             */
            notAfter?: string;
            /**
             * When the secret should have been replaced, in the same form. It
             * remains valid and is shown as overdue.
             */
            rotateBy?: string;
          }>;
          /**
           * Whether a request must have a signed time and id
           * (`X-Catalog-Timestamp`, `X-Catalog-Delivery`). With
           * `standard-webhooks`, which always signs them, it is always true.
           *
           * @default false
           */
          requireTimestamp?: boolean;
          /** What makes a request the sender's. */
          verify?: {
            /**
             * Ways of verifying, all of which a request has to pass: `hmac` (a
             * signature with one of `secrets`), `ed25519` (Standard Webhooks'
             * `v1a`), `jwt`, `clientCertificate`, `basic` and `token` (one of
             * `secrets` as it is). `basic` and `token` require `allowFrom` or
             * `clientCertificate`. Of `hmac`, `basic` and `token` there may be one.
             * Without it, `hmac`.
             */
            all?: Array<
              | 'hmac'
              | 'ed25519'
              | 'jwt'
              | 'clientCertificate'
              | 'basic'
              | 'token'
            >;
            /** JSON Web Tokens of an OpenID Connect issuer, such as GitHub's or GitLab's. */
            jwt?: {
              /**
               * The issuer, as the claim `iss` has it: an https URL. Its discovery
               * document says where its keys are.
               */
              issuer: string;
              /** Has to be among those of the claim `aud`. */
              audience: string;
              /**
               * Algorithms that tokens may be signed with: RS256, RS384, RS512,
               * PS256, PS384, PS512, ES256, ES384, ES512, EdDSA.
               *
               * @default ['RS256']
               */
              algorithms?: string[];
              /**
               * What claims have to be: a text or a list of them, with `*` for any
               * text, and `{service}` and `{environment}` for those of the event.
               */
              claims: {
                [claim: string]: string | string[];
              };
              /**
               * The claim with the SHA-256 of the body in hex. With `aud` it
               * follows the audience, after `#sha256=`. Without it, a token is for
               * the first body that comes with it.
               */
              digestClaim?: string;
              /**
               * The header that has the token, alone or after `Bearer`.
               *
               * @default authorization
               */
              header?: string;
            };
            /** Client certificates that a proxy in `trustProxy` verifies and passes on. */
            clientCertificate?: {
              /** The header in which the proxy passes on the certificate, its fingerprint or its subject. */
              header: string;
              /** SHA-256 of certificates, in hex, with or without colons. */
              fingerprints?: string[];
              /** Subjects of certificates, as RFC 2253 writes them. */
              subjects?: string[];
            };
            /** Asymmetric signatures of Standard Webhooks (`v1a`). */
            ed25519?: {
              /** Several while one is rotated. */
              keys: Array<{
                /** Names the key in delivery records. */
                id: string;
                /** `whpk_` and base64. */
                publicKey: string;
                /**
                 * When the key should have been replaced: a date, such as
                 * `2027-01-31`. It remains valid and is shown as overdue.
                 * Without it, 90 days after it was first seen.
                 */
                rotateBy?: string;
              }>;
            };
            /** Where the secret of `token` is. */
            token?: {
              /** The header that has the secret, alone or after `Bearer`. Without this block, `authorization`. */
              header: string;
            };
          };
          /**
           * How far a signed time may be from the backend's time, in either
           * direction. From 1 second to 1 hour.
           *
           * @default 5 minutes
           */
          timeWindow?: Duration;
          /**
           * Networks that the sender may send from: addresses and CIDR blocks of
           * IPv4 and IPv6. Requires `trustProxy`. Without it, any.
           */
          allowFrom?: string[];
          /**
           * Whose `X-Forwarded-For` header is believed: the number of proxies in
           * front of the backend (1 to 10), a list of their addresses and CIDR
           * blocks, or `false` if there are none. `true` is an error. `allowFrom`
           * and `rateLimit` use the address that results. Required beside
           * `allowFrom`.
           *
           * @default false
           */
          trustProxy?: number | string[] | false;
          /** How many verified requests one address may send, to each backend process. */
          rateLimit?: {
            /**
             * Verified requests within the window, from 1 to 1000000.
             *
             * @default 1200
             */
            requests?: number;
            /**
             * Length of the window, from 1 second to 1 day.
             *
             * @default 1 minute
             */
            window?: Duration;
          };
          /**
           * In-flight verified requests of this sender, in each backend process. From 1 to
           * 10000.
           *
           * @default 50
           */
          concurrency?: number;
          /**
           * Maximum size of a body, in bytes. From 1000 to 10000000.
           *
           * @default 1000000
           */
          maxBodyBytes?: number;
          /**
           * Whether all requests are refused with 503.
           *
           * @default false
           */
          paused?: boolean;
          /**
           * Whether requests are stored while the sender is paused, and processed
           * when it is resumed, in place of a 503. For those who send nothing
           * again, as GitHub.
           *
           * @default false
           */
          hold?: boolean;
          /**
           * A check of `entity`: its namespace must be among these. Nothing else
           * comes of it, since `entity` fixes the namespace.
           */
          namespaces?: string[];
          /**
           * Services that the sender may report on. `*` stands for any text. Upper
           * and lower case are the same. Without it, any.
           */
          services?: string[];
          /**
           * Names of environments that the sender may report on, each of at most
           * 46 letters, digits, `-`, `_` and `.`. An environment covers
           * its targets; `production.eu` is one of them. Without it, any.
           */
          environments?: string[];
          /**
           * Template of the entity ref that an event is about. It contains
           * `{service}` once, in the name.
           *
           * @default "component:default/{service}"
           */
          entity?: string;
          /** What `catalog_refresh` fetches. Without it, the record that gave the entity. */
          record?: {
            /** Name of a source. */
            source: string;
            /**
             * Template of the record id, with `{service}`.
             *
             * @default "{service}"
             */
            id?: string;
          };
          /**
           * Maps the name of a service in an event to the name that replaces
           * `{service}`. Upper and lower case are the same.
           */
          aliases?: { [service: string]: string };
        };
      };
      /**
       * Replaces the location types that the catalog lets people register, such
       * as `[url, custom-data]`. Without it, those of the catalog.
       */
      allowedLocationTypes?: string[];
      /**
       * Names of placeholders that other modules add to the catalog's. Entities
       * may hold none: neither these nor `$text`, `$json`, `$yaml`, `$openapi` and
       * `$asyncapi`, by which the catalog reads URLs. Without it, only those.
       */
      placeholders?: string[];
      /**
       * Whether every signed-in user may change things over the API, and read the
       * payload of a delivery, while `permission.enabled` is not set. If not, only
       * services may.
       *
       * @default false
       */
      allowUserWrites?: boolean;
      /**
       * Whether routes stand at the catalog's own paths that the catalog does not
       * have, behind or beside its own: `GET /schemas`, `POST /locations` with a
       * Location manifest, `POST /locations/dry-run`, `POST /refresh` without a body,
       * `PUT /entities/by-name/…`.
       *
       * @default true
       */
      aliasRoutes?: boolean;
      /**
       * Whether the owners of sources and senders get notifications of the portal:
       * of held plans, deliveries that were given up, sources that have failed for
       * `alertAfter`, credentials that are due. Needs the notifications backend.
       *
       * @default false
       */
      notifications?: boolean;
      /**
       * For how long a source may fail before somebody is told.
       *
       * @default 1 hour
       */
      alertAfter?: Duration;
      /**
       * Whether sources and senders are in the catalog, as a `Resource` of type
       * `catalog-integration` each, with relations to their owner and to what they
       * feed.
       *
       * @default false
       */
      integrationEntities?: boolean;
      /**
       * Whether the backend refuses to start while anything here is misconfigured.
       *
       * @default false
       */
      strict?: boolean;
      /** Snapshots of entities, to go back to. */
      snapshots?: {
        /**
         * When a snapshot of everything is taken: a duration, `{ cron: "0 3 * * *" }`
         * or `{ trigger: "manual" }`. Without it, only on request, and of a source
         * before an approved plan changes it.
         */
        frequency?: Frequency;
      };
      /**
       * What a clean-up looks for, and how much it changes. Its plans wait for
       * approval.
       */
      cleanUp?: {
        /**
         * When it takes place, beside each request for it.
         *
         * @default { "cron": "0 3 * * *" }
         */
        frequency?: Frequency;
        /**
         * On how many days whole lists lack a record until its entities are
         * deprecated. At least 1 day.
         *
         * @default 90 days
         */
        deprecateAfter?: Duration;
        /**
         * On how many days more they lack it until these are removed. At least 1
         * day.
         *
         * @default 90 days
         */
        archiveAfter?: Duration;
        /**
         * For how long nothing of a service runs until its entity is deprecated.
         * At least 1 day.
         *
         * @default 30 days
         */
        retireAfter?: Duration;
        /**
         * For how long entities of `custom-data` locations are orphans until they
         * are removed, at least 1 day. Without it they stay.
         */
        removeOrphansAfter?: Duration;
        /**
         * How many entities one clean-up changes at most, over all sources. A
         * whole number.
         *
         * @default 100
         */
        maxChanges?: number;
      };
      /**
       * How long things are kept, at most 100 years. While there is an error in
       * this block, nothing is deleted.
       */
      retention?: {
        /**
         * Completed deliveries, with payload and attempts. At least 7 days, since
         * a repeated delivery is recognized by them.
         *
         * @default 30 days
         */
        deliveries?: Duration;
        /**
         * Runs of sources. At least 1 day.
         *
         * @default 30 days
         */
        runs?: Duration;
        /**
         * The history of deployments. At least 1 day. Current deployments are
         * always kept. What was removed is remembered for this long as well, but
         * not shorter than deliveries are kept.
         *
         * @default 365 days
         */
        deployments?: Duration;
        /**
         * Snapshots of entities, taken or imported. At least 1 day.
         *
         * @default 90 days
         */
        snapshots?: Duration;
        /**
         * How many snapshots are kept of each source, of each namespace, and of
         * everything. Older ones are deleted first.
         *
         * @default 30
         */
        maxSnapshots?: number;
      };
    };
  };
}

/** `{ minutes: 15 }`, ISO 8601 (`PT15M`), or a number with its unit (`15m`). Longer than 0. */
type Duration = HumanDuration | string;

/** A duration, a cron schedule, or only when somebody asks for it. A run that failed is tried again after its back-off, whatever the frequency. */
type Frequency = Duration | { cron: string } | { trigger: 'manual' };

type Auth =
  | {
      type: 'basic';
      /** Without a colon. */
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
      /**
       * How the client authenticates: with HTTP Basic, or with
       * `client_id` and `client_secret` in the body.
       *
       * @default "client_secret_basic"
       */
      clientAuthentication?: 'client_secret_basic' | 'client_secret_post';
      scope?: string;
      audience?: string;
    };

interface PageBounds {
  /** Name of the query parameter for the page size. Without it, the server chooses. */
  sizeParameter?: string;
  /**
   * Records per page to ask for with `sizeParameter`.
   *
   * @default 100
   */
  pageSize?: number;
  /**
   * A list with more pages fails.
   *
   * @default 1000
   */
  maxPages?: number;
}

/**
 * Prefer `cursor` or `link` to `page` or `offset` if the API has them. With `page`
 * and `offset` only an empty page ends the list, which takes one more request. An
 * API that refuses the page after the last one cannot be read this way. A record
 * that is deleted while pages are being read can make the reader miss another one.
 *
 * Pages are requested conditionally if each of them carries an ETag or
 * Last-Modified. With `link` by header they never are.
 */
type Pagination =
  | { type: 'none' }
  /** Follows `Link` headers with `rel="next"` (RFC 8288), or links in the answers. */
  | ({
      type: 'link';
      /**
       * JSONata expression that finds the next page's URL in an answer, in place
       * of the header. No URL ends the list.
       */
      next?: string;
    } & PageBounds)
  | ({
      type: 'cursor';
      /** JSONata expression that finds the next cursor in an answer. No cursor ends the list. */
      next: string;
      /**
       * Where the cursor is sent. `body` is the JSON body of a POST, which must be
       * a map.
       *
       * @default "query"
       */
      in?: 'query' | 'body';
      /**
       * Name of the query parameter for the cursor. With `in: body`, its place in
       * the body: names joined by dots, such as `variables.after`.
       *
       * @default "cursor"
       */
      parameter?: string;
    } & PageBounds)
  | ({
      /** Counts pages, up to an empty one. */
      type: 'page';
      /**
       * Name of the query parameter for the page number.
       *
       * @default "page"
       */
      parameter?: string;
      /**
       * Number of the first page.
       *
       * @default 1
       */
      first?: number;
    } & PageBounds)
  | ({
      /** Counts records, up to an empty page. */
      type: 'offset';
      /**
       * Name of the query parameter for the number of records before the page.
       *
       * @default "offset"
       */
      parameter?: string;
      /**
       * Name of the query parameter for the page size.
       *
       * @default "limit"
       */
      sizeParameter?: string;
    } & PageBounds);

interface EntityTemplate {
  /** @default "backstage.io/v1alpha1" */
  apiVersion?: string;
  kind: string;
  metadata: { name: string; [key: string]: unknown };
  spec?: { [key: string]: unknown };
}
