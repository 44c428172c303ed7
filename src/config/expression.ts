import { checkedText, quote } from './values';

/** A JSONata expression alone; whether it compiles is seen where it is used. */
export const expression = checkedText(value =>
  value.includes('${{')
    ? `${quote(
        value,
      )} is a template; write the JSONata expression alone, without \${{ }}`
    : undefined,
);
