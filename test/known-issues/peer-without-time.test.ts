// A peer that could not run was printed with the time of doing nothing: it is missing, and the line says why.
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Opponent, Peer } from '../../bench/peer.js';
import { PeerMissing } from '../../bench/peer-missing.js';
import { alternate, duelColumns } from '../../bench/timing.js';

const there = spawnSync('python3', ['--version']).status === 0;
const ours = () => Promise.resolve({ ms: 2, cpuMs: 1 });

beforeEach(() => vi.stubEnv('ASR_BENCH_PYTHON', 'python3'));
afterEach(() => vi.unstubAllEnvs());

describe.skipIf(!there)('a peer that cannot run', () => {
  it('is missing when it does not know what is asked', async () => {
    const peer = new Peer('texts.py');
    await expect(peer.time({ do: 'nothing' })).rejects.toThrow(PeerMissing);
    const duel = await alternate(ours, () => peer.time({ do: 'nothing' }), 2);
    expect(duelColumns(duel)).toEqual({
      ...{ ms: 2, peerMs: null, ratio: null },
      ...{ cpuMs: 1, peerCpuMs: null, cpuRatio: null },
      peer: "missing: KeyError: 'nothing'",
    });
    peer.close();
  });

  it('is missing when what it needs is not there', async () => {
    const peer = new Peer('texts.py');
    await expect(peer.time({ do: 'perplexity', arpa: '/nowhere/lm.arpa', text: '/nowhere/text' })).rejects.toThrow(
      PeerMissing,
    );
    peer.close();
  });

  it('is missing when it was not started, or has ended', async () => {
    const peer = new Opponent('texts.py', {});
    await expect(peer.time({ do: 'edits' })).rejects.toThrow(/start/);
    peer.close();
    vi.stubEnv('ASR_BENCH_PYTHON', '/nowhere/python');
    await expect(new Peer('texts.py').time({ do: 'edits' })).rejects.toThrow(/ENOENT/);
  });
});
