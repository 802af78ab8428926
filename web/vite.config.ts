// Builds the page into dist/, each file beside itself compressed: the service sends bytes as they lie there.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, defineConfig, type Plugin } from 'vite';

const COMPRESSIBLE = /\.(html|js|mjs|css|json|svg|webmanifest|txt)$/;

function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      const dist = join(import.meta.dirname, 'dist');
      for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
        const file = join(entry.parentPath, entry.name);
        if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
        const plain = readFileSync(file);
        const forms: [string, Buffer][] = [
          ['.br', brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: plain.length > 100_000 ? 9 : 11 } })],
          ['.gz', gzipSync(plain, { level: 9 })],
        ];
        for (const [ending, bytes] of forms) if (bytes.length < plain.length) writeFileSync(file + ending, bytes);
      }
    },
  };
}

/** The service worker: one file at `/sw.js`, which knows what the page needs before the map, and is another one for every other page. */
function worker(): Plugin {
  const ofTheMap = /MapPanel|maplibre|countries|archive/;
  return {
    name: 'worker',
    apply: 'build',
    async writeBundle(_, bundle) {
      const files = Object.keys(bundle).filter((name) => /^assets\/.*\.(js|css)$/.test(name) && !ofTheMap.test(name));
      const shell = ['/', '/icon.svg', '/icon-192.png', '/badge-96.png', '/manifest.webmanifest', ...files.sort().map((name) => `/${name}`)];
      const page = bundle['index.html'];
      const version = createHash('sha256').update(JSON.stringify(shell)).update(page?.type === 'asset' ? page.source : '').digest('hex').slice(0, 12);
      await build({
        configFile: false,
        publicDir: false,
        logLevel: 'warn',
        define: { __SHELL__: JSON.stringify(shell), __VERSION__: JSON.stringify(version) },
        build: { target: 'es2022', emptyOutDir: false, modulePreload: false, rollupOptions: { input: 'src/sw.ts', output: { format: 'iife', entryFileNames: 'sw.js' } } },
      });
    },
  };
}

/** Leaves out the older form of each font: every browser that runs this page takes the newer one. */
function newerFontsOnly(): Plugin {
  return {
    name: 'newer-fonts-only',
    apply: 'build',
    generateBundle(_, bundle) {
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type !== 'asset') continue;
        if (name.endsWith('.woff')) delete bundle[name];
        else if (name.endsWith('.css')) file.source = String(file.source).replace(/,\s*url\([^)]*\.woff\)\s*format\([^)]*\)/g, '');
      }
    },
  };
}

/** What some browsers leave out of their own data: Khmer names of countries, and months as Node has them. */
function khmer(): Plugin {
  const name = 'virtual:khmer';
  return {
    name: 'khmer',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load(id) {
      if (id !== `\0${name}`) return undefined;
      const regions = readFileSync(join(import.meta.dirname, 'words/countries-km.json'), 'utf8');
      const month = new Intl.DateTimeFormat('km', { month: 'long', timeZone: 'UTC' });
      const months = Array.from({ length: 12 }, (_, i) => month.format(Date.UTC(2025, i, 15)));
      return `export const regions = ${regions}; export const months = ${JSON.stringify(months)};`;
    },
  };
}

export default defineConfig({
  plugins: [khmer(), newerFontsOnly(), worker(), compressed()],
  // links to chunks name the file alone: nothing is inlined, so that the policy needs no exception
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      input: { index: 'index.html', 'fonts-ko': 'src/style/fonts-ko.css', 'fonts-km': 'src/style/fonts-km.css' },
      output: {
        // fonts by language are named in pages that the service writes itself: no hash, asked for again each time
        assetFileNames: (asset) => (asset.names.some((name) => name.startsWith('fonts-')) ? '[name][extname]' : 'assets/[name]-[hash][extname]'),
      },
    },
  },
});
