const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const LONGEST_KEY = 80;

/** The path of a member, such as `metadata.links[0]` or `metadata.annotations["custom/owner"]`. */
export function fieldPath(parent: string, key: string | number): string {
  if (typeof key === 'number') {
    return `${parent}[${key}]`;
  }
  if (!IDENTIFIER.test(key)) {
    return `${parent}[${JSON.stringify(key.slice(0, LONGEST_KEY))}]`;
  }
  return parent ? `${parent}.${key}` : key;
}
