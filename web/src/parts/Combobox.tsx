// A field with a list that opens as somebody types: the combobox of the ARIA authoring practices (list autocomplete, manual selection).
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../words';

export interface Option<T> {
  key: string;
  label: string;
  detail?: string;
  value: T;
}

interface Props<T> {
  label: string;
  hint?: string;
  text: string;
  error?: string;
  /** The options for what is typed; an earlier search is called off. */
  search: (text: string, signal: AbortSignal) => Promise<Option<T>[]>;
  onText: (text: string) => void;
  onChoose: (option: Option<T>) => void;
  delay?: number;
}

export function Combobox<T>({ label, hint, text, error, search, onText, onChoose, delay = 120 }: Props<T>) {
  const id = useId();
  const [options, setOptions] = useState<Option<T>[] | undefined>();
  const [open, setOpen] = useState(false);
  // what is listed is for the beginning of what is typed
  const [busy, setBusy] = useState(false);
  const [active, setActive] = useState(-1);
  const under = useRef<{ timer?: number; abort?: AbortController }>({});
  const field = useRef<HTMLInputElement>(null);

  const stop = () => {
    clearTimeout(under.current.timer);
    under.current.abort?.abort();
  };
  useEffect(() => stop, []);

  const look = (typed: string) => {
    stop();
    setActive(-1);
    setBusy(typed.trim() !== '');
    if (!typed.trim()) {
      setOptions(undefined);
      setOpen(false);
      return;
    }
    const abort = new AbortController();
    under.current.abort = abort;
    under.current.timer = window.setTimeout(async () => {
      const found = await search(typed, abort.signal).catch(() => undefined);
      if (abort.signal.aborted) return;
      setBusy(false);
      setOptions(found);
      setOpen(found !== undefined && document.activeElement === field.current);
    }, delay);
  };
  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const choose = (option: Option<T>) => {
    stop();
    setBusy(false);
    close();
    onChoose(option);
  };
  const onKey = (event: KeyboardEvent) => {
    const count = options?.length ?? 0;
    if (event.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) {
        if (count) setOpen(true);
        else look(text);
        return;
      }
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive(count === 0 ? -1 : active < 0 ? (step > 0 ? 0 : count - 1) : (active + step + count) % count);
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      const option = options?.[active];
      if (option) choose(option);
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      close();
    }
  };
  const optionId = (i: number) => `${id}-o${i}`;
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ') || undefined;
  return (
    <div class="combobox">
      <label for={id}>{label}</label>
      <input
        id={id}
        ref={field}
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-autocomplete="list"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-activedescendant={open && active >= 0 ? optionId(active) : undefined}
        aria-describedby={described}
        aria-invalid={error ? true : undefined}
        value={text}
        onInput={(event) => {
          onText(event.currentTarget.value);
          look(event.currentTarget.value);
        }}
        onKeyDown={onKey}
        onBlur={close}
      />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
      <ul id={`${id}-list`} role="listbox" aria-label={label} aria-busy={busy} hidden={!open}>
        {open && options?.length === 0 && (
          <li class="none" role="option" aria-disabled="true" aria-selected="false">
            {t('trip.no_such_place')}
          </li>
        )}
        {open &&
          options?.map((option, i) => (
            <li
              key={option.key}
              id={optionId(i)}
              role="option"
              aria-selected={i === active}
              // before the field loses the focus, which would close the list
              onMouseDown={(event) => {
                event.preventDefault();
                choose(option);
              }}
            >
              <span>{option.label}</span>
              {option.detail && <span class="quiet"> {option.detail}</span>}
            </li>
          ))}
      </ul>
      <p class="unseen" aria-live="polite">
        {open && options ? t('trip.places_found', { n: options.length }) : ''}
      </p>
    </div>
  );
}
