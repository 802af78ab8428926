// Under the map: what its background is, whom it is owed to, and who learns which part of it is looked at.
import { t } from '../words';
import { creditParts } from './tiles';

interface Props {
  credit?: string;
  host?: string;
  /** Tiles there should be did not come. */
  failed: boolean;
}

export function Credit({ credit, host, failed }: Props) {
  return (
    <>
      {failed && <p role="status">{t('map.tiles_failed')}</p>}
      <p class="quiet">
        {t('map.about')} {t('map.attribution')}.
        {credit && (
          <>
            {' '}
            {t('map.tiles')}{' '}
            <span class="credit">
              {creditParts(credit).map(({ text, href }) =>
                href ? (
                  <a href={href} rel="noopener noreferrer external" target="_blank">
                    {text}
                  </a>
                ) : (
                  text
                ),
              )}
            </span>
            .
          </>
        )}{' '}
        {host && t('map.tiles_from', { host })}
      </p>
    </>
  );
}
