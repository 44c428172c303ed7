/** What stands in a field of a form as JSON; nothing of an empty one. */
export function readJson(key: string, text: string): Record<string, unknown> {
  if (text.trim() === '') {
    return {};
  }
  try {
    return { [key]: JSON.parse(text) };
  } catch (cause) {
    const { message } = cause as Error;
    throw Object.assign(
      new Error(`"${key}" is no JSON: ${message}`, { cause }),
      {
        // As the backend says it of a body that it cannot use.
        statusCode: 400,
      },
    );
  }
}
