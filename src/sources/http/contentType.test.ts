import { judgeContentType } from './contentType';

describe('judgeContentType', () => {
  it.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/json;charset=latin1',
    'text/json',
    'application/vnd.api+json',
    'application/hal+json; profile="x"',
    'model/gltf+json',
  ])('takes %j for JSON', header => {
    expect(judgeContentType(header)).toEqual({ type: 'json' });
  });

  it.each([null, '', 'text/plain', 'text/plain; charset=utf-8'])(
    'takes %j for no statement',
    header => {
      expect(judgeContentType(header)).toEqual({ type: 'unspecified' });
    },
  );

  it.each(['text/html; charset=utf-8', 'application/xhtml+xml'])(
    'knows HTML by %j',
    header => {
      expect(judgeContentType(header)).toEqual({ type: 'html' });
    },
  );

  it.each([
    'application/xml',
    'application/octet-stream',
    'application/json-seq',
    'application/jsonp',
  ])('names %j as something else', mediaType => {
    expect(judgeContentType(mediaType)).toEqual({ type: 'other', mediaType });
  });

  it.each(['nonsense', 'a b/c', '+json', `x/${'y'.repeat(100)}`])(
    'does not repeat %j',
    header => {
      expect(judgeContentType(header)).toEqual({ type: 'other' });
    },
  );
});
