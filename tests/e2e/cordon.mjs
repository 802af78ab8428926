// A running `cordon serve` over the bundled data, for what Node drives alone.
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const regions = fileURLToPath(new URL('../../regions', import.meta.url));

/** A port that nobody listens on: links in messages name it before the program does. */
export function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

export class Cordon {
  /** Starts the program on its data folder, with further settings. */
  static async start(program, data, settings = [], listen = '127.0.0.1:0') {
    const args = ['serve', '--listen', listen, '--regions', regions, '--log-filter', 'warn', '--data-dir', data, ...settings];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const first = await new Promise((heard, failed) => {
      lines.once('line', heard);
      child.once('exit', (code) => failed(new Error(`the program ended with ${code}`)));
    });
    lines.on('line', (line) => console.log(`cordon: ${line}`));
    return Object.assign(new Cordon(), { program, data, child, address: first.replace('listening on ', '').trim() });
  }

  /** A key with these scopes, made on the command line. */
  key(...scopes) {
    const said = execFileSync(this.program, ['keys', 'create', 'a test', '--scope', scopes.join(), '--data-dir', this.data], { encoding: 'utf8' });
    return /crd_[\w-]+/.exec(said)[0];
  }

  /** Asks over HTTP; fails unless it is answered well. */
  async ask(method, path, { token, body, headers = {} } = {}) {
    const response = await fetch(this.address + path, {
      method,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw Object.assign(new Error(`${method} ${path}: ${response.status} ${text}`), { status: response.status });
    return { json: text ? JSON.parse(text) : undefined, etag: response.headers.get('etag') };
  }

  /** Ends it; what it keeps of resolved areas stays in its folder. */
  stop() {
    this.child.removeAllListeners('exit');
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    return ended;
  }
}
