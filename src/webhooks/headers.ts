/** All values that a request has of a header, which is named in lower case. */
export type HeaderValues = (name: string) => string[];

/**
 * The headers of a request as they came, name and value in turn. Each look-up
 * goes through all of them: there are few, and an index costs more.
 */
export function headerValuesOf(rawHeaders: readonly string[]): HeaderValues {
  return name => {
    const values: string[] = [];
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const given = rawHeaders[i];
      if (given.length === name.length && given.toLowerCase() === name) {
        values.push(rawHeaders[i + 1]);
      }
    }
    return values;
  };
}
