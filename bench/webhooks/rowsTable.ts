/** Where `insert-each` puts its rows. */
export const ROWS_TABLE = 'bench_deliveries';
