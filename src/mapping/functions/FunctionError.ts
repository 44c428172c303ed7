/** Why a function gives no value, without the argument it could not use. */
export class FunctionError extends Error {
  name = 'FunctionError' as const;
  /** What it could not use. */
  readonly value: unknown;

  constructor(reason: string, value: unknown) {
    super(reason);
    this.value = value;
  }
}
