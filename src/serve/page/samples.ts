// Runs beside the page, in the audio thread: hands on what the microphone gives.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

registerProcessor(
  'samples',
  class extends AudioWorkletProcessor {
    process([input]: readonly (readonly Float32Array[])[]): boolean {
      if (input?.[0]) this.port.postMessage(input[0].slice());
      return true;
    }
  },
);
