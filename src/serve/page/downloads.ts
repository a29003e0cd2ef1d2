// A transcript as a file that the browser saves, named after the recording.
import { inFormat } from './server.js';
import type { ShownTranscript } from './transcript.js';

const endings: Record<string, string> = { textgrid: 'TextGrid', eaf: 'eaf', srt: 'srt', json: 'json' };

export async function download(transcript: ShownTranscript, format: string): Promise<void> {
  const blob = await inFormat(transcript, format);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${transcript.file.replace(/\.[^.]*$/u, '')}.${endings[format] ?? format}`;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 60_000);
}
