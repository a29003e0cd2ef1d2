// A server on 127.0.0.1 that speaks the hub's form: information, listing, files by redirect with ranges and ETag; and
// its bad days: refusals, too many requests, connections that are cut, files that were changed on the way.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubModel {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly licence?: string;
  /** Who asks needs this token. */
  readonly token?: string;
}

export interface BadDays {
  /** The next so many requests get a 429. */
  busy: number;
  /** Bytes of a large file after which the connection is cut, for the next so many answers. */
  cutAfter: number;
  cuts: number;
  /** Large files come with one byte changed. */
  changed: boolean;
  /** Ranges are not known: everything comes again. */
  noRanges: boolean;
}

export const commit = '0123456789abcdef0123456789abcdef01234567';
/** Files of this size and more are kept as LFS, by their SHA-256, behind a redirect. */
const large = 4096;

export class LocalHub {
  readonly bad: BadDays = { busy: 0, cutAfter: 0, cuts: 0, changed: false, noRanges: false };
  /** `METHOD path range` of every request. */
  readonly requests: string[] = [];
  /** Tokens that arrived where files are served from. */
  readonly leaked: string[] = [];
  readonly #models: Readonly<Record<string, HubModel>>;
  readonly #servers: Server[];

  private constructor(models: Readonly<Record<string, HubModel>>) {
    this.#models = models;
    this.#servers = [this.#api, this.#storage].map((answer) =>
      createServer((request, response) => {
        this.requests.push(`${request.method} ${request.url} ${request.headers.range ?? ''}`.trim());
        answer.call(this, request, response);
      }),
    );
  }

  static async start(models: Readonly<Record<string, HubModel>>): Promise<LocalHub> {
    const hub = new LocalHub(models);
    for (const server of hub.#servers) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return hub;
  }

  #address(index: number): string {
    return `http://127.0.0.1:${(this.#servers[index]!.address() as AddressInfo).port}`;
  }

  get endpoint(): string {
    return this.#address(0);
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  #api(request: IncomingMessage, response: ServerResponse): void {
    if (this.bad.busy > 0) {
      this.bad.busy--;
      response.writeHead(429, { 'retry-after': '0' }).end('slower');
      return;
    }
    const path = decodeURIComponent(new URL(request.url!, this.endpoint).pathname);
    const [, name = '', rest = ''] = /^(?:\/api\/models)?\/([^/]+\/[^/]+)\/(.*)$/.exec(path) ?? [];
    const model = this.#models[name];
    const [kind, revision = '', ...file] = rest.split('/');
    if (!model || !['main', 'v1', commit].includes(revision)) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Repository not found"}');
      return;
    }
    if (model.token !== undefined && request.headers.authorization !== `Bearer ${model.token}`) {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"Access is restricted"}');
      return;
    }
    if (kind === 'revision') {
      const { licence } = model;
      const card = licence === undefined ? {} : { cardData: { license: licence } };
      json(response, { _id: '1', id: name, sha: commit, private: false, likes: 0, downloads: 0, tags: [], ...card });
    } else if (kind === 'tree') {
      json(
        response,
        Object.entries(model.files).map(([entry, bytes]) => listed(entry, bytes)),
      );
    } else {
      const bytes = model.files[file.join('/')];
      if (!bytes) response.writeHead(404).end();
      else if (bytes.length < large) response.writeHead(200, { etag: `"${gitHash(bytes)}"` }).end(bytes);
      else response.writeHead(302, { location: `${this.#address(1)}/${name}/${file.join('/')}` }).end();
    }
  }

  #storage(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.authorization !== undefined) this.leaked.push(request.headers.authorization);
    const [, owner, name, ...file] = request.url!.split('/');
    const bytes = Buffer.from(this.#models[`${owner}/${name}`]!.files[file.join('/')]!);
    if (this.bad.changed) bytes[bytes.length - 1]! ^= 1;
    const from = this.bad.noRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { etag: `"${sha256(bytes)}"`, 'content-length': bytes.length - from };
    const range = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { ...headers, ...range });
    if (this.bad.cuts > 0) {
      this.bad.cuts--;
      response.flushHeaders();
      // Later, so that what was sent arrives: a reset throws away what the other side has not read yet.
      if (this.bad.cutAfter > 0) response.write(bytes.subarray(from, from + this.bad.cutAfter));
      setTimeout(() => response.destroy(), 50);
    } else response.end(bytes.subarray(from));
  }
}

const json = (response: ServerResponse, value: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const gitHash = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

const listed = (path: string, bytes: Uint8Array): object => ({
  type: 'file',
  path,
  size: bytes.length,
  oid: gitHash(bytes),
  ...(bytes.length < large ? {} : { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } }),
});
