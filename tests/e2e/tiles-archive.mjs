// Tiles for the tests: a PMTiles archive written by the format's own description (version 3), of one picture or one vector tile everywhere; and
// a host that serves them.
import { createServer } from 'node:http';
import { deflateSync, crc32 } from 'node:zlib';

/** A picture of one colour. */
export function picture([red, green, blue], side = 256) {
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)];
    ends[0].writeUInt32BE(data.length);
    ends[1].writeUInt32BE(crc32(body));
    return Buffer.concat([ends[0], body, ends[1]]);
  };
  const about = Buffer.alloc(13);
  about.writeUInt32BE(side, 0);
  about.writeUInt32BE(side, 4);
  // eight bits of each of three colours
  about.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(side * 3, Buffer.from([red, green, blue]))]);
  const rows = deflateSync(Buffer.concat(Array(side).fill(row)));
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', about), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

function varint(number) {
  const bytes = [];
  for (let left = number; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}

/** A vector tile (MVT 2.1) whose one layer is one square over all of it. */
export function square(layer) {
  const field = (number, data) => Buffer.concat([varint(number * 8 + 2), varint(data.length), data]);
  const zigzag = (number) => (number < 0 ? -number * 2 - 1 : number * 2);
  const extent = 4096;
  // move to the corner, three lines, close; clockwise on the screen
  const drawing = [9, zigzag(0), zigzag(0), 26, zigzag(extent), zigzag(0), zigzag(0), zigzag(extent), zigzag(-extent), zigzag(0), 15];
  const feature = Buffer.concat([Buffer.from([3 * 8, 3]), field(4, Buffer.concat(drawing.map(varint)))]);
  const inside = Buffer.concat([Buffer.from([15 * 8, 2]), field(1, Buffer.from(layer)), field(2, feature), Buffer.from([5 * 8]), varint(extent)]);
  return field(3, inside);
}

/** Everywhere down to a zoom the same tile: one entry for all of them. `kind` is 1 for vector tiles, 2 for PNG. */
export function archive(tile, { kind, zoom = 6, attribution }) {
  const tiles = Array.from({ length: zoom + 1 }, (_, z) => 4 ** z).reduce((a, b) => a + b);
  const root = Buffer.concat([1, 0, tiles, tile.length, 1].map(varint));
  const about = Buffer.from(JSON.stringify({ attribution, vector_layers: [] }));
  const header = Buffer.alloc(127);
  header.write('PMTiles\x03', 'latin1');
  const sizes = [127, root.length, 127 + root.length, about.length, 0, 0, 127 + root.length + about.length, tile.length, tiles, 1, 1];
  sizes.forEach((size, i) => header.writeBigUInt64LE(BigInt(size), 8 + i * 8));
  // clustered; directories and tiles as they are, not compressed
  header.set([1, 1, 1, kind, 0, zoom], 96);
  [-180, -85, 180, 85].forEach((degrees, i) => header.writeInt32LE(degrees * 1e7, 102 + i * 4));
  return Buffer.concat([header, root, about, tile]);
}

/** Another host than the service's: it serves an archive in pieces and tiles by template, and remembers who asked for what. */
export class TileHost {
  heard = [];

  static async start(files) {
    const host = new TileHost();
    host.server = createServer((asked, answer) => {
      const { pathname } = new URL(asked.url, 'http://localhost');
      host.heard.push({ path: pathname, headers: asked.headers });
      const file = files[pathname.replace(/\/\d+\/\d+\/\d+/, '')];
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(asked.headers.range ?? '') ?? [];
      const part = first === undefined ? file : file?.subarray(Number(first), Number(last) + 1);
      answer.setHeader('access-control-allow-origin', '*');
      if (!file) answer.writeHead(404).end();
      else answer.writeHead(part === file ? 200 : 206).end(part);
    });
    await new Promise((open) => host.server.listen(0, '127.0.0.1', open));
    host.origin = `http://127.0.0.1:${host.server.address().port}`;
    return host;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
