// What is thrown where a peer has no time: it is not installed, does not load, or failed; the message says why.
export class PeerMissing extends Error {}
