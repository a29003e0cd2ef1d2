// Runs before onnxruntime is loaded. From 1.29 on its releases for Linux and macOS report models, settings and errors to
// their maker unless this variable says no; who listens to people's recordings must not do that unasked. It is inherited by
// worker processes.

/** Set to 0 by a user who wants the reports, it stays. */
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
