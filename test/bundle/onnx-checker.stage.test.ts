// Exported models before onnx's own checker (PyPI `onnx`), with shapes inferred throughout. Skipped, with a message,
// where Python lacks it; ASR_BENCH_PYTHON names another Python.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportModel } from '../../src/bundle/export.js';
import { temporaryFolder } from '../temporary-folder.js';
import { makeSmallModel } from '../transcribe/small-model.js';

const python = process.env['ASR_BENCH_PYTHON'] ?? 'python3';
const there = spawnSync(python, ['-c', 'import onnx']).status === 0;
if (!there) process.stderr.write(`skipped: ${python} has no package onnx (pip install onnx, or ASR_BENCH_PYTHON)\n`);

describe.skipIf(!there)("onnx's checker", () => {
  it.each(['ctc', 'hmm', 'generator'] as const)('passes an exported model: %s', async (kind) => {
    const folder = await temporaryFolder();
    await makeSmallModel(join(folder, kind), { kind });
    const path = join(folder, `${kind}.onnx`);
    writeFileSync(path, await exportModel(join(folder, kind)));
    const code = 'import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)';
    const { status, stderr } = spawnSync(python, ['-c', code, path], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
