// Long computations on the main thread give way here between two items: without that, neither Ctrl-C nor a timer is
// heard before they end, however long that takes.

/** @throws the signal's reason once it is aborted */
export async function giveWay(signal?: AbortSignal): Promise<void> {
  await new Promise((resume) => void setImmediate(resume));
  signal?.throwIfAborted();
}
