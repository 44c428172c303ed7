/** PostgreSQL takes no NUL in a text, and what comes from outside may have one. */
export function safeText(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
