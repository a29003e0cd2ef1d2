import { expect, it } from 'vitest';
import { parsePythonJson } from '../../src/core/python-json.js';

it('reads what Python writes beyond JSON, and leaves text alone', () => {
  expect(
    parsePythonJson('\uFEFF{"a": NaN, "b": [Infinity, -Infinity, -1e3], "c": "NaN \\" Infinity", "NaN": 1}'),
  ).toEqual({ a: NaN, b: [Infinity, -Infinity, -1000], c: 'NaN " Infinity', NaN: 1 });
  expect(parsePythonJson('{"a": "number:NaN", "b": NaN}')).toEqual({ a: 'number:NaN', b: NaN });
});

it.each(['NaNa', '{NaN: 1}', '"a', '{"a": +NaN}', '', '\uFEFF'])('refuses %j', (text) => {
  expect(() => parsePythonJson(text)).toThrow(SyntaxError);
});
