// The line between a browser and the service: it can be cut, and a newer version of the page can come over it.
import { createServer, request } from 'node:http';

export class Line {
  cut = false;
  /** Whether the worker that comes over it is another one than the page knows. */
  newer = false;

  static async to(address) {
    const line = new Line();
    const { hostname, port } = new URL(address);
    line.server = createServer((asked, answer) => {
      if (line.cut) return asked.socket.destroy();
      const worker = line.newer && asked.url === '/sw.js';
      const headers = { ...asked.headers, connection: 'close', ...(worker && { 'accept-encoding': 'identity', 'if-none-match': '' }) };
      const onward = request({ hostname, port, path: asked.url, method: asked.method, headers }, (response) => {
        if (worker) delete response.headers['content-length'];
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
