import { dirname, resolve } from 'node:path';

const BACKEND = resolve(__dirname, 'app-config.backend.yaml');

/**
 * With a configuration file of the user's, the samples of this folder give way
 * to what every backend of it has. Returns the arguments of the process after
 * that, or undefined if there is no such file.
 */
export function withOwnConfig(argv: readonly string[]): string[] | undefined {
  const isFile = (index: number) => argv[index - 1] === '--config';
  const isOurs = (file: string) => dirname(resolve(file)) === __dirname;
  const isSample = (index: number) =>
    isFile(index) && /app-config(\.govuk)?\.yaml$/.test(argv[index]);
  const isOwn = argv.some((file, index) => isFile(index) && !isOurs(file));
  return isOwn
    ? argv.map((file, index) =>
        isOurs(file) && isSample(index) ? BACKEND : file,
      )
    : undefined;
}
