import { metrics } from '@opentelemetry/api';
import {
  PrometheusExporter,
  PrometheusSerializer,
} from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One line of what Prometheus scrapes. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** The SDK of OpenTelemetry with the exporter for Prometheus; to be started before what is measured. */
export class Measured {
  private constructor(
    private readonly provider: MeterProvider,
    private readonly exporter: PrometheusExporter,
  ) {}

  static start(): Measured {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    const provider = new MeterProvider({ readers: [exporter] });
    metrics.setGlobalMeterProvider(provider);
    return new Measured(provider, exporter);
  }

  /** What a scrape gives, beside the exporter's own. */
  async text(): Promise<string> {
    const { resourceMetrics, errors } = await this.exporter.collect();
    errors.forEach(error => {
      throw error;
    });
    return new PrometheusSerializer().serialize(resourceMetrics);
  }

  /** The samples whose name begins so. */
  async samples(name: string): Promise<Sample[]> {
    return parseSamples(await this.text()).filter(sample =>
      sample.name.startsWith(name),
    );
  }

  /** Serves the metrics over HTTP, as Prometheus scrapes them. */
  async serve() {
    const server = createServer((req, res) =>
      this.exporter.getMetricsRequestHandler(req, res),
    );
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    return {
      scrape: async () =>
        (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
      stop: () => server.close(),
    };
  }

  async stop(): Promise<void> {
    metrics.disable();
    await this.provider.shutdown();
  }
}

/** The types of metrics by name, as the text format of Prometheus has them. */
export function parseTypes(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ]),
  );
}

/** Reads the text format of Prometheus, without what the exporter adds about itself. */
export function parseSamples(text: string): Sample[] {
  return text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [, name, labels = '', value] = /^([^{\s]+)(?:\{(.*)\})? (\S+)/.exec(
        line,
      )!;
      const entries = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
        .map(([, key, label]) => [key, label])
        .filter(([key]) => !key.startsWith('otel_scope_'));
      return {
        name,
        labels: Object.fromEntries(entries),
        value: Number(value),
      };
    })
    .filter(({ name }) => name !== 'target_info');
}
