/** The value in the middle; of an even number, the mean of the two in the middle. */
export function median(values: number[]): number {
  if (values.length === 0) {
    throw new Error('There is no median of nothing');
  }
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2
    ? sorted[Math.floor(middle)]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}
