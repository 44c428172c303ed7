/** As the tables keep times: ISO 8601 in UTC, 24 characters. */
export function toText(date: Date): string {
  return date.toISOString();
}

export function toDate(text: string): Date;
export function toDate(text: string | null): Date | undefined;
export function toDate(text: string | null): Date | undefined {
  return text === null ? undefined : new Date(text);
}
