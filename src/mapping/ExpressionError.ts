const LONGEST_REASON = 300;

export interface ExpressionFault {
  reason: string;
  /** Characters into the expression. */
  position?: number;
}

/** An expression that cannot be used: it has no end or no meaning, or we refuse it. */
export class ExpressionError extends Error {
  name = 'ExpressionError' as const;
  readonly code: 'syntax' | 'refused';
  readonly expression: string;
  readonly position?: number;

  constructor(
    code: 'syntax' | 'refused',
    expression: string,
    { reason, position }: ExpressionFault,
  ) {
    super(reason);
    this.code = code;
    this.expression = expression;
    this.position = position;
  }
}

/** What JSONata throws are objects of its own rather than errors. */
export function describeFault(thrown: unknown): ExpressionFault {
  const { message, position } = Object(thrown) as {
    message?: unknown;
    position?: unknown;
  };
  const reason = typeof message === 'string' ? message : String(thrown);
  return {
    reason: cut(reason, LONGEST_REASON),
    ...(typeof position === 'number' && { position }),
  };
}

const LONGEST_EXPRESSION = 200;

/** An expression, in quotes, and where in it something is wrong. */
export function quoteExpression(text: string, position?: number): string {
  const quoted = `"${cut(text.trim(), LONGEST_EXPRESSION)}"`;
  return position === undefined ? quoted : `${quoted} at position ${position}`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
