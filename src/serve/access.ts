// Who may ask: a page of another site may not (Host and Origin are looked at, so that no name can be rebound to this
// machine), and beyond this machine nobody without the token.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from './refusal.js';

export interface AccessPolicy {
  /** Asked of everybody where it is set. */
  readonly token: string | undefined;
  /** The server listens beyond this machine: any name may be its own, and the token alone decides. */
  readonly open: boolean;
}

/** A websocket of a browser has no headers of its own; its token is one of the protocols that it offers. */
export const liveProtocol = 'asr-live';
const tokenProtocol = 'token.';

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/iu;

/** Addresses that only this machine reaches. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/u.test(host);

/** @throws Refusal where the request comes from the page of another site, or by a name that is not this machine's */
export function refuseForeign(headers: IncomingHttpHeaders, policy: AccessPolicy, isPage = false): void {
  const { host, origin } = headers;
  if (host === undefined || (!policy.open && !loopback.test(host)))
    throw new Refusal(
      421,
      'wrong_host',
      `This server is not ${JSON.stringify((host ?? '').slice(0, 200))}: ask it as localhost or 127.0.0.1.`,
    );
  if (origin !== undefined && !isOwn(origin, host))
    throw new Refusal(403, 'foreign_origin', 'Pages of other sites may not use this server.');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isPage)
    throw new Refusal(403, 'foreign_origin', 'Pages of other sites may not use this server.');
}

function isOwn(origin: string, host: string): boolean {
  const at = URL.canParse(origin) ? new URL(origin) : undefined;
  return at !== undefined && /^https?:$/u.test(at.protocol) && at.host === host.toLowerCase();
}

/** @throws Refusal 401 without the right token */
export function refuseStrangers(headers: IncomingHttpHeaders, { token }: AccessPolicy): void {
  if (token === undefined) return;
  const bearer = /^Bearer +(\S+)$/iu.exec(headers.authorization ?? '')?.[1];
  const offered = (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .find((name) => name.startsWith(tokenProtocol));
  const given = bearer ?? (offered === undefined ? undefined : fromBase64Url(offered.slice(tokenProtocol.length)));
  if (given === undefined || !same(given, token))
    throw new Refusal(401, 'wrong_token', 'This server wants its token: Authorization: Bearer TOKEN.');
}

const fromBase64Url = (text: string): string => Buffer.from(text, 'base64url').toString();
/** Takes as long for any two. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
