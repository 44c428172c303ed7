import { type Attributes, SpanStatusCode, trace } from '@opentelemetry/api';
import { PACKAGE } from './meter';

const tracer = trace.getTracer(PACKAGE);

/** Does `work` within a span; without an SDK of OpenTelemetry, just that. */
export function withSpan<T>(
  name: string,
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, { attributes }, async span => {
    try {
      return await work();
    } catch (error) {
      // Without its message: that is in the log, and a trace may go elsewhere.
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}
