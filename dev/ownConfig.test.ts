import { join } from 'node:path';
import { withOwnConfig } from './ownConfig';

const inDev = (file: string) => join(__dirname, file);
const config = (...files: string[]) => [
  'node',
  'dev/index',
  ...files.flatMap(file => ['--config', file]),
];

describe('withOwnConfig', () => {
  it('puts a file of the user in place of the sample, over what every backend has', () => {
    expect(
      withOwnConfig(config(inDev('app-config.yaml'), '/home/me/mine.yaml')),
    ).toEqual(config(inDev('app-config.backend.yaml'), '/home/me/mine.yaml'));
  });

  it('keeps a database that outlives the process', () => {
    const persistent = inDev('app-config.persistent.yaml');
    expect(
      withOwnConfig(
        config(inDev('app-config.yaml'), persistent, '/home/me/mine.yaml'),
      ),
    ).toEqual(
      config(
        inDev('app-config.backend.yaml'),
        persistent,
        '/home/me/mine.yaml',
      ),
    );
  });

  it('changes nothing where there are only files of this folder', () => {
    expect(
      withOwnConfig(
        config(inDev('app-config.yaml'), inDev('app-config.persistent.yaml')),
      ),
    ).toBeUndefined();
  });
});
