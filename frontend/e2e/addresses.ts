/** Ports of their own, so that a portal that runs is left alone. */
const APP_PORT = process.env.E2E_APP_PORT ?? '3300';
const BACKEND_PORT = process.env.E2E_BACKEND_PORT ?? '7307';
const METADATA_PORT = process.env.E2E_METADATA_PORT ?? '7317';

export const APP_URL = `http://localhost:${APP_PORT}`;
export const BACKEND_URL = `http://localhost:${BACKEND_PORT}`;
export const METADATA_URL = `http://127.0.0.1:${METADATA_PORT}`;

/** What the dev app reads over its app-config. */
export const appEnv = {
  APP_CONFIG_app_baseUrl: APP_URL,
  APP_CONFIG_backend_baseUrl: BACKEND_URL,
};

/** What the dev backend reads over its app-config. */
export const backendEnv = {
  APP_CONFIG_app_baseUrl: APP_URL,
  APP_CONFIG_backend_baseUrl: BACKEND_URL,
  APP_CONFIG_backend_listen_port: BACKEND_PORT,
  APP_CONFIG_backend_cors_origin: APP_URL,
  METADATA_API_PORT: METADATA_PORT,
};
