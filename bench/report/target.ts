/** What is to hold, and whether it does. */
export interface Target {
  name: string;
  /** What was measured; missing where it could not be. */
  value?: number;
  /** The most that it may be, or where the name says so the least. */
  limit: number;
  holds: boolean;
  /** Why there is no value. */
  reason?: string;
}

/** A figure that a target needs, and what it is called where it is missing. */
export interface Input {
  name: string;
  value?: number;
  /** Why it is missing. */
  failed?: string;
}

/** Judges what is made of figures; without one of them, nothing holds. */
export function judge(options: {
  name: string;
  limit: number;
  /** Whether the limit is the least that it may be. */
  atLeast?: boolean;
  inputs: Input[];
  value: (...values: number[]) => number;
}): Target {
  const { name, limit, atLeast = false, inputs } = options;
  const missing = inputs.filter(({ value }) => value === undefined);
  if (missing.length > 0) {
    const reason = missing
      .map(input => `${input.name}: ${input.failed ?? 'not measured'}`)
      .join('; ');
    return { name, limit, holds: false, reason };
  }
  const value = options.value(...inputs.map(input => input.value!));
  return Number.isFinite(value)
    ? { name, value, limit, holds: atLeast ? value >= limit : value <= limit }
    : { name, limit, holds: false, reason: `${value} is no measure` };
}

export const ratio = (a: number, b: number) => a / b;
