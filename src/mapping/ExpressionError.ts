import { InputError } from '@backstage/errors';

export interface ExpressionFault {
  reason: string;
  /** In characters from the start of the expression. */
  position?: number;
}

/** An expression that JSONata cannot parse, or that the module refuses. */
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

/** Compiles an expression of a source. An error names the setting that it stands in. */
export function atSetting<T>(
  source: string,
  setting: string,
  compile: () => T,
): T {
  try {
    return compile();
  } catch (error) {
    if (error instanceof ExpressionError) {
      const { expression, position, message } = error;
      throw new InputError(
        `Source "${source}": ${setting}: the expression ${quoteExpression(
          expression,
          position,
        )} cannot be used: ${message}`,
      );
    }
    throw error;
  }
}

const MAX_REASON = 300;

/** JSONata throws plain objects instead of errors. */
export function describeFault(thrown: unknown): ExpressionFault {
  const { message, position } = Object(thrown) as {
    message?: unknown;
    position?: unknown;
  };
  const reason = typeof message === 'string' ? message : String(thrown);
  return {
    reason: cut(reason, MAX_REASON),
    ...(typeof position === 'number' && { position }),
  };
}

const MAX_EXPRESSION = 200;

/** An expression in quotes, with the position of an error in it. */
export function quoteExpression(text: string, position?: number): string {
  const quoted = `"${cut(text.trim(), MAX_EXPRESSION)}"`;
  return position === undefined ? quoted : `${quoted} at position ${position}`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
