// The service worker: the page without a network, and being told. Built into one file of its own, `/sw.js`.
import { serveShell } from './offline/shell';
import { beTold } from './push/worker';

serveShell();
beTold();
