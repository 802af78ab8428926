// The line between a browser and the service: it can be cut, a newer version of the page can come over it, it remembers what was asked over
// it, and what comes over it can be changed on the way.
import { createServer, request } from 'node:http';

export class Line {
  cut = false;
  /** How many of the files that the worker fetches ahead break off. */
  broken = 0;
  /** Whether the worker that comes over it is another one than the page knows. */
  newer = false;
  /** What was asked, as it was sent: the first line, the headers and the body. */
  heard = [];
  /** What is answered at paths that begin so, in the service's place: status, headers, body. */
  instead;
  /** At paths that begin so the service's answer waits until then, and `heard` is called. */
  slow;
  /** Changes the text of answers at paths that begin so, on the way. */
  forged;

  static async to(address) {
    const line = new Line();
    const { hostname, port } = new URL(address);
    line.server = createServer((asked, answer) => {
      if (line.cut) return asked.socket.destroy();
      // the page itself asks for these as a script, a style or an image
      const ahead = asked.headers['sec-fetch-dest'] === 'empty' && !asked.url.startsWith('/v1/');
      if (line.broken > 0 && ahead) return (line.broken -= 1), asked.socket.destroy();
      const worker = line.newer && asked.url === '/sw.js';
      const forge = line.forged && asked.url.startsWith(line.forged.path) ? line.forged.change : undefined;
      const heard = { path: asked.url, text: `${asked.method} ${asked.url} ${JSON.stringify(asked.headers)} ` };
      line.heard.push(heard);
      asked.on('data', (bytes) => (heard.text += bytes));
      if (line.instead && asked.url.startsWith(line.instead.path)) {
        const { status, headers, body } = line.instead;
        asked.resume();
        return answer.writeHead(status, headers).end(body);
      }
      const slow = line.slow && asked.url.startsWith(line.slow.path) ? line.slow : undefined;
      slow?.heard();
      const headers = { ...asked.headers, connection: 'close', ...((worker || forge) && { 'accept-encoding': 'identity', 'if-none-match': '' }) };
      const onward = request({ hostname, port, path: asked.url, method: asked.method, headers }, async (response) => {
        await slow?.until;
        if (worker || forge) delete response.headers['content-length'];
        if (forge) {
          let text = '';
          response.setEncoding('utf8').on('data', (part) => (text += part));
          response.on('end', () => answer.writeHead(response.statusCode, response.headers).end(forge(text)));
          return;
        }
        answer.writeHead(response.statusCode, response.headers);
        response.pipe(answer, { end: !worker });
        if (worker) response.on('end', () => answer.end('\n// another version\n'));
      });
      onward.on('error', () => asked.socket.destroy());
      asked.pipe(onward);
    });
    await new Promise((open) => line.server.listen(0, '127.0.0.1', open));
    line.address = `http://127.0.0.1:${line.server.address().port}`;
    return line;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
