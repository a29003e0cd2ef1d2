// onnxruntime as the rest of the program gets it: told, before it is loaded, to send nothing anywhere.
import './no-telemetry.js';

export * from 'onnxruntime-node';
