const UNSAFE = /[\0\p{Surrogate}]/gu;

/**
 * PostgreSQL takes no NUL and no half of a surrogate pair in a text, and what
 * comes from outside may have them.
 */
export function safeText(text: string): string {
  return text.replaceAll(UNSAFE, '\uFFFD');
}
