// Whose requests are served: by the names of this machine, not from pages of others, with the token where there is one.
import { describe, expect, it } from 'vitest';
import { isLoopback, refuseForeign, refuseStrangers } from '../../src/serve/access.js';
import { Refusal } from '../../src/serve/refusal.js';

const statusOf = (work: () => void): number => {
  try {
    work();
    return 200;
  } catch (error) {
    return (error as Refusal).status;
  }
};
const closed = { token: undefined, open: false };

describe('refuseForeign', () => {
  it.each([
    [{ host: 'localhost:8080' }, 200],
    [{ host: '127.0.0.1' }, 200],
    [{ host: '127.8.0.1:1' }, 200],
    [{ host: '[::1]:8080' }, 200],
    [{ host: 'LOCALHOST:8080', origin: 'http://localhost:8080' }, 200],
    [{}, 421],
    [{ host: 'example.org' }, 421],
    [{ host: 'localhost.example.org' }, 421],
    [{ host: '127.0.0.1.example.org:80' }, 421],
    [{ host: '0.0.0.0:8080' }, 421],
    [{ host: 'localhost:8080', origin: 'http://localhost:8081' }, 403],
    [{ host: 'localhost:8080', origin: 'http://127.0.0.1:8080' }, 403],
    [{ host: 'localhost:8080', origin: 'null' }, 403],
    [{ host: 'localhost:8080', origin: 'file://localhost:8080' }, 403],
    [{ host: 'localhost:8080', 'sec-fetch-site': 'cross-site' }, 403],
    [{ host: 'localhost:8080', 'sec-fetch-site': 'same-site' }, 403],
    [{ host: 'localhost:8080', 'sec-fetch-site': 'same-origin' }, 200],
  ])('%j gets %d', (headers, status) => {
    expect(
      statusOf(() => {
        refuseForeign(headers, closed);
      }),
    ).toBe(status);
  });

  it('lets a link lead to the page', () => {
    const headers = { host: 'localhost:8080', 'sec-fetch-site': 'cross-site' };
    expect(
      statusOf(() => {
        refuseForeign(headers, closed, true);
      }),
    ).toBe(200);
  });

  it('knows any name of a server that is open to others', () => {
    expect(
      statusOf(() => {
        refuseForeign({ host: 'lab.example' }, { token: 'x', open: true });
      }),
    ).toBe(200);
  });
});

describe('refuseStrangers', () => {
  const policy = { token: 'corréct-horse', open: true };
  const offered = `token.${Buffer.from(policy.token).toString('base64url')}`;
  it.each([
    [{ authorization: `Bearer ${policy.token}` }, 200],
    [{ authorization: `bearer  ${policy.token}` }, 200],
    [{ 'sec-websocket-protocol': `asr-live, ${offered}` }, 200],
    [{}, 401],
    [{ authorization: policy.token }, 401],
    [{ authorization: `Bearer ${policy.token}x` }, 401],
    [{ 'sec-websocket-protocol': 'asr-live, token.' }, 401],
  ])('%j gets %d', (headers, status) => {
    expect(
      statusOf(() => {
        refuseStrangers(headers, policy);
      }),
    ).toBe(status);
  });
});

it('knows the addresses of this machine', () => {
  expect(['127.0.0.1', 'localhost', '::1', '127.1.2.3'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '::', '192.168.0.2', 'example.org', '1127.0.0.1'].some(isLoopback)).toBe(false);
});
