// A push service of our own: the server half of RFC 8030 over HTTP, as strict as RFC 8188, 8291 and 8292 ask, and the WebSocket protocol
// that Firefox's push client speaks, so that a real Firefox subscribes to it and is sent real encrypted messages.
import crypto from 'node:crypto';
import http from 'node:http';
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(new URL('../../web/package.json', import.meta.url))('ws');
const HOST = '127.0.0.1';

class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

const must = (holds, status, reason) => {
  if (!holds) throw new Refused(status, reason);
};

/** The token is ours to sign with, made out to this service, for a day at most, and by somebody who can be reached (RFC 8292). */
function checkToken(header, subscribedWith, origin) {
  const [, fields] = /^vapid\s+(.+)$/i.exec(header ?? '') ?? [];
  must(fields, 401, 'no vapid token');
  const { t, k } = Object.fromEntries(fields.split(',').map((field) => field.trim().split(/=(.*)/s)));
  must(t && k, 401, 'no t or k');
  must(k === subscribedWith, 403, 'another key than was subscribed with');
  const point = Buffer.from(k, 'base64url');
  must(point.length === 65 && point[0] === 4, 401, 'k is no point');
  const key = crypto.createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') } });
  const [head, body, signature] = t.split('.');
  must(crypto.verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')), 401, 'signature');
  const claims = JSON.parse(Buffer.from(body, 'base64url'));
  const now = Date.now() / 1000;
  must(claims.aud === origin, 401, `aud ${claims.aud}`);
  must(claims.exp > now && claims.exp <= now + 86_400, 401, `exp ${claims.exp}`);
  must(/^(mailto:[^\s<>@]+@[^\s<>@]+|https:\/\/\S+)$/.test(claims.sub ?? ''), 401, `sub ${claims.sub}`);
}

/** One whole encrypted record, with the headers that go with it (RFC 8030, RFC 8188, RFC 8291). */
function checkMessage({ ttl, topic, urgency, 'content-encoding': coding }, body) {
  must(/^\d{1,10}$/.test(ttl ?? ''), 400, 'TTL');
  must(topic === undefined || /^[\w-]{1,32}$/.test(topic), 400, 'Topic');
  must(urgency === undefined || ['very-low', 'low', 'normal', 'high'].includes(urgency), 400, 'Urgency');
  must(body.length <= 4096, 413, 'size');
  must(coding === 'aes128gcm', 400, 'Content-Encoding');
  must(body.length >= 86 + 18 && body[20] === 65 && body[21] === 4, 400, 'header');
  must(body.readUInt32BE(16) > body.length - 86, 400, 'rs');
}

export class PushService {
  /** By the last part of its endpoint: whose it is, which key it was made with, whether it is over. */
  subscriptions = new Map();
  /** Every request: which endpoint, what it was answered, why. */
  log = [];
  /** What browsers said of each message: 100 is decrypted and given to the worker. */
  acknowledged = [];
  #agents = new Map();

  static async start() {
    const service = new PushService();
    service.server = http.createServer((request, response) => service.#take(request, response));
    await new Promise((open) => service.server.listen(0, HOST, open));
    const { port } = service.server.address();
    service.origin = `http://localhost:${port}`;
    service.socket = `ws://${HOST}:${port}/`;
    service.sockets = new WebSocketServer({ server: service.server });
    service.sockets.on('connection', (socket) => service.#listen(socket));
    return service;
  }

  /** Those that still take messages, the newest last. */
  get open() {
    return [...this.subscriptions.values()].filter(({ gone }) => !gone);
  }

  /** Loses every browser and subscription, as services do: browsers come back as strangers, and have to subscribe again. */
  forgetAll() {
    for (const subscription of this.subscriptions.values()) subscription.gone = true;
    for (const { socket } of this.#agents.values()) socket?.terminate();
    this.#agents.clear();
  }

  stop() {
    for (const socket of this.sockets.clients) socket.terminate();
    this.sockets.close();
    this.server.closeAllConnections();
    this.server.close();
  }

  async #take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const token = request.url.split('/').pop();
    const answer = (status, headers = {}, reason = '') => {
      this.log.push({ token, status, reason });
      response.writeHead(status, headers).end(reason);
    };
    const subscription = this.subscriptions.get(token);
    try {
      must(request.method === 'POST', 405, 'method');
      must(subscription, 404, 'unknown');
      must(!subscription.gone, 410, 'gone');
      checkMessage(request.headers, body);
      checkToken(request.headers.authorization, subscription.key, this.origin);
    } catch (error) {
      return answer(error.status ?? 400, {}, error.message);
    }
    const version = crypto.randomUUID();
    const { socket } = this.#agents.get(subscription.agent) ?? {};
    const { ttl } = request.headers;
    answer(201, { location: `${this.origin}/m/${version}`, ttl });
    const message = { messageType: 'notification', channelID: subscription.channel, version, data: body.toString('base64url'), headers: { encoding: 'aes128gcm' } };
    socket?.send(JSON.stringify(message));
  }

  #listen(socket) {
    let agent;
    const say = (message) => socket.send(JSON.stringify(message));
    const answers = {
      hello: ({ uaid }) => {
        agent = this.#agents.has(uaid) ? uaid : crypto.randomBytes(16).toString('hex');
        this.#agents.set(agent, { socket });
        say({ messageType: 'hello', status: 200, uaid: agent, use_webpush: true, broadcasts: {} });
      },
      register: ({ channelID, key }) => {
        const token = crypto.randomBytes(24).toString('base64url');
        this.subscriptions.set(token, { token, agent, channel: channelID, key: key.replace(/=+$/, ''), gone: false });
        say({ messageType: 'register', channelID, status: 200, pushEndpoint: `${this.origin}/push/${token}` });
      },
      unregister: ({ channelID }) => {
        for (const one of this.subscriptions.values()) if (one.channel === channelID) one.gone = true;
        say({ messageType: 'unregister', channelID, status: 200 });
      },
      ack: ({ updates }) => this.acknowledged.push(...(updates ?? []).map(({ code }) => code)),
    };
    socket.on('message', (text) => {
      const message = JSON.parse(text);
      // an empty object is a sign of life
      if (message.messageType === undefined) say({});
      else answers[message.messageType]?.(message);
    });
  }
}
