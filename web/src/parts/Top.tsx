// The head of every page that runs: where one is, where else one may go, in which language.
import { lang, LANGUAGES, t, type Lang } from '../words';

export function Top({ checks, onLanguage }: { checks?: boolean; onLanguage: (lang: Lang) => void }) {
  return (
    <header class="top">
      <a class="brand" href="/">
        Cordon
      </a>
      <nav aria-label={t('page.sections')}>
        <a href="/" aria-current={checks ? 'page' : undefined}>
          {t('page.check')}
        </a>{' '}
        <a href={`/advisories?lang=${lang()}`}>{t('read.list')}</a>
      </nav>
      <p class="languages">
        <label class="unseen" for="language">
          {t('page.language')}
        </label>
        <select id="language" value={lang()} onChange={(event) => onLanguage(event.currentTarget.value as Lang)}>
          {LANGUAGES.map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </p>
    </header>
  );
}
