// Files of hosts as people write them, and when a host that was lost is tried again.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Host, parseHosts, readHosts } from '../../src/executor/ssh-hosts.js';

describe('a file of hosts', () => {
  it('names hosts with how many pieces they make at once', () => {
    const hosts = parseHosts('# ours\n8/user@node1\n\n node2 # one\n2/:\n', 'hosts');
    expect(hosts.map(({ name, slots, isThisMachine }) => [name, slots, isThisMachine])).toEqual([
      ['user@node1', 8, false],
      ['node2', 1, false],
      [':', 2, true],
    ]);
  });

  it.each(['0/node', '-oProxyCommand=touch', '2/-F', 'node1 node2', 'a/b', '99999/node'])(
    'refuses "%s" with its line',
    (line) => {
      expect(() => parseHosts(`node\n${line}\n`, 'hosts')).toThrow(`hosts, line 2: "${line}" is no host`);
    },
  );

  it('has to be there and to name one', async () => {
    expect(() => parseHosts('# none\n', 'hosts')).toThrow('hosts: names no host');
    await expect(readHosts('')).rejects.toThrow(/names no file/);
    await expect(readHosts('/no/such/file')).rejects.toThrow(/no\/such\/file/);
  });
});

describe('a host', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('that is lost is tried again after 5 and 30 s, and left out after three times in a row', () => {
    vi.useFakeTimers();
    const host = new Host('n', 4);
    const after = (seconds: number): boolean => {
      vi.advanceTimersByTime(seconds * 1000);
      return host.isFree;
    };
    for (let slot = 0; slot < 4; slot++) host.lose('power'); // one cut
    expect([after(4.9), after(0.2)]).toEqual([false, true]);
    host.lose('power');
    expect([after(29.9), after(0.2)]).toEqual([false, true]);
    host.finish();
    for (const seconds of [5.1, 30.1]) {
      host.lose('again');
      expect(after(seconds)).toBe(true);
    }
    host.lose('at last');
    expect([host.isLeftOut, after(3600), host.lastWords]).toEqual([true, false, 'at last']);
  });
});
