/** Ends an answer whose body nobody will read, so that its socket comes free. */
export async function discardBody(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // The body broke by itself: it is as gone as it would be.
  }
}
