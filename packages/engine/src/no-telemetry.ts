// Runs before onnxruntime is loaded. From 1.29 on its releases for Linux and macOS report models, settings and errors
// to their maker unless this variable says no; who listens to people's recordings must not do that unasked. It is
// inherited by worker processes.

/** Only the 0 of a user who wants the reports stays: empty or `false`, it would not stop them. */
if (process.env['ORT_DISABLE_TELEMETRY'] !== '0') process.env['ORT_DISABLE_TELEMETRY'] = '1';
