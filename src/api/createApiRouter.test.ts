import type express from 'express';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ApiContext, createApiRouter } from './createApiRouter';

const DOCS = resolve(__dirname, '../../docs/http-api.md');

/** Such as `GET /sources`, of all routes of a router. */
function routesOf(router: express.Router): string[] {
  return router.stack.flatMap(({ route, handle }: any) =>
    route
      ? Object.keys(route.methods).map(
          method => `${method.toUpperCase()} ${route.path}`,
        )
      : routesOf(handle),
  );
}

/** A heading may have several routes: "`POST /a/pause`, `…/resume`". */
function routesIn(heading: string): string[] {
  const routes = [...heading.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
  return routes.map(route =>
    route.startsWith('…')
      ? routes[0].replace(/\/[^/]*$/, route.slice(1))
      : route,
  );
}

describe('docs/http-api.md', () => {
  it('has a heading for each route', () => {
    const headings = readFileSync(DOCS, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('## `'));

    expect(headings.flatMap(routesIn).sort()).toEqual(
      routesOf(createApiRouter({} as ApiContext)).sort(),
    );
  });
});
