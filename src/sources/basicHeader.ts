/** An `Authorization` header of the scheme Basic, in UTF-8 (RFC 7617). */
export function basicHeader(username: string, password: string): string {
  const credentials = Buffer.from(`${username}:${password}`, 'utf8');
  return `Basic ${credentials.toString('base64')}`;
}
