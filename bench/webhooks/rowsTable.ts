/** Where `insert-each` and `insert-together` put their rows. */
export const ROWS_TABLE = 'bench_deliveries';
