export interface ExpressionFault {
  reason: string;
  /** In characters from the start of the expression. */
  position?: number;
}

/** An expression that JSONata cannot parse, or that the module refuses. */
export class ExpressionError extends Error {
  name = 'ExpressionError' as const;
  readonly position?: number;

  constructor(
    readonly code: 'syntax' | 'refused',
    readonly expression: string,
    { reason, position }: ExpressionFault,
  ) {
    super(reason);
    this.position = position;
  }
}

/** JSONata throws plain objects instead of errors. */
export function describeFault(thrown: unknown): ExpressionFault {
  const { message, position } = Object(thrown) as {
    message?: unknown;
    position?: unknown;
  };
  return {
    reason: typeof message === 'string' ? message : String(thrown),
    ...(typeof position === 'number' && { position }),
  };
}

const MAX_EXPRESSION = 200;

/** An expression in quotes, with the position of an error in it. */
export function quoteExpression(text: string, position?: number): string {
  const trimmed = text.trim();
  const shown =
    trimmed.length > MAX_EXPRESSION
      ? `${trimmed.slice(0, MAX_EXPRESSION)}…`
      : trimmed;
  const quoted = `"${shown}"`;
  return position === undefined ? quoted : `${quoted} at position ${position}`;
}
