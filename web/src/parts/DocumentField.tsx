// Somebody's own document: chosen, dropped anywhere on the page, or pasted; sent as it is, by its media type.
import { useLayoutEffect, useState } from 'preact/hooks';
import { t } from '../words';

interface Props {
  onDocument: (body: string | Blob, mediaType: string, name: string) => void;
}

const BY_ENDING: Record<string, string> = {
  json: 'application/json',
  jsonld: 'application/ld+json',
  geojson: 'application/geo+json',
  ics: 'text/calendar',
  gpx: 'application/gpx+xml',
  csv: 'text/csv',
  eml: 'message/rfc822',
  html: 'text/html',
  htm: 'text/html',
};
const NOT_TEXT: Record<string, string> = { pdf: 'application/pdf', pkpass: 'application/vnd.apple.pkpass' };

const ending = (name: string): string => name.split('.').pop()?.toLowerCase() ?? '';

/** What a document is, by its name, else by how it begins. */
export function mediaTypeOf(name: string, text: string): string {
  const named = BY_ENDING[ending(name)];
  const start = text.trimStart();
  if (named && named !== 'application/json') return named;
  if (start.startsWith('BEGIN:VCALENDAR')) return 'text/calendar';
  if (/^<(\?xml[^>]*>\s*)?<?gpx/i.test(start) || /<gpx[\s>]/i.test(start.slice(0, 500))) return 'application/gpx+xml';
  if (/^<(!doctype html|html)/i.test(start)) return 'text/html';
  if (/^[{[]/.test(start)) {
    if (/"@context"|"@type"/.test(start)) return 'application/ld+json';
    if (/"type"\s*:\s*"(Feature|FeatureCollection|LineString)"/.test(start.slice(0, 2000)) && !/"itinerary"|"stops"/.test(start)) return 'application/geo+json';
    return 'application/json';
  }
  return named ?? 'text/csv';
}

export function DocumentField({ onDocument }: Props) {
  const [over, setOver] = useState(false);
  const [text, setText] = useState('');
  const take = async (file: File | undefined) => {
    if (!file) return;
    const binary = NOT_TEXT[ending(file.name)];
    if (binary) return onDocument(file, binary, file.name);
    const content = await file.text();
    onDocument(content, mediaTypeOf(file.name, content), file.name);
  };
  // heard as soon as the form is there, not a moment after
  useLayoutEffect(() => {
    const holdsFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const dragged = (event: DragEvent) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      setOver(event.type === 'dragover');
      if (event.type === 'drop') void take(event.dataTransfer?.files[0]);
    };
    // out of the window
    const left = (event: DragEvent) => !event.relatedTarget && setOver(false);
    const heard = [['dragover', dragged], ['drop', dragged], ['dragleave', left]] as const;
    heard.forEach(([kind, listener]) => addEventListener(kind, listener));
    return () => heard.forEach(([kind, listener]) => removeEventListener(kind, listener));
  });
  return (
    <details class={`document${over ? ' over' : ''}`}>
      <summary>{t('trip.document')}</summary>
      <div class="body">
        <p id="document-about">{t('trip.document_about')}</p>
        <p class="field">
          <label for="document-file">{t('trip.document_file')}</label>
          <input id="document-file" type="file" aria-describedby="document-about" onChange={(event) => void take(event.currentTarget.files?.[0])} />
        </p>
        <p class="field">
          <label for="document-text">{t('trip.document_paste')}</label>
          <textarea id="document-text" rows={4} spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </p>
        <button type="button" onClick={() => text.trim() && onDocument(text, mediaTypeOf('', text), t('trip.pasted'))}>
          {t('trip.document_check')}
        </button>
      </div>
    </details>
  );
}
