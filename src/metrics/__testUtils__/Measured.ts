import { metrics } from '@opentelemetry/api';
import {
  PrometheusExporter,
  PrometheusSerializer,
} from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

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

  async stop(): Promise<void> {
    metrics.disable();
    await this.provider.shutdown();
  }
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
