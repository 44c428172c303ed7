/** The value that a share (0 to 1) of all values does not exceed. */
export function percentile(values: number[], share: number): number {
  if (values.length === 0) {
    throw new Error('There is no percentile of nothing');
  }
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.ceil(sorted.length * share);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1];
}
