// Whom to call: the missions of the governments that were asked, in the countries of the trip.
import { useEffect, useState } from 'preact/hooks';
import { listMissions, type Mission } from '../api/client';
import { day } from '../format';
import { recallKept } from '../offline/keep';
import { said, t, tOf } from '../words';

interface Props {
  issuers: string[];
  countries: string[];
  /** The missions, where they are known already. */
  known?: Mission[];
}

export function Help({ issuers, countries, known }: Props) {
  const [missions, setMissions] = useState<Mission[]>([]);
  const asked = `${issuers} ${countries}`;
  useEffect(() => {
    if (known) return setMissions(known.filter((mission) => issuers.includes(mission.issuer)));
    let overtaken = false;
    const pairs = issuers.flatMap((issuer) => (countries.length ? countries.map((country) => [issuer, country] as const) : []));
    Promise.all(pairs.map(([issuer, country]) => listMissions(issuer, country)))
      .then((found) => {
        const known = new Map(found.flat().map((mission) => [`${mission.issuer} ${mission.name.en} ${mission.city}`, mission]));
        if (!overtaken) setMissions([...known.values()]);
      })
      .catch(async () => {
        // without a network: what was kept of these countries
        const { countries: kept } = await recallKept();
        const known = countries.flatMap((code) => kept[code]?.missions ?? []).filter((mission) => issuers.includes(mission.issuer));
        if (!overtaken) setMissions([...new Map(known.map((mission) => [JSON.stringify(mission), mission])).values()]);
      });
    return () => {
      overtaken = true;
    };
  }, [asked]);
  if (missions.length === 0) return null;
  return (
    <section aria-labelledby="help">
      <h3 id="help">{t('help.heading')}</h3>
      <Missions missions={missions} />
    </section>
  );
}

/** Their numbers, with how well they are known. */
export function Missions({ missions }: { missions: Mission[] }) {
  return (
    <>
      <p class="quiet">{t('help.about')}</p>
      <ul class="plainlist help">
        {missions.map((mission) => {
          const [named, name] = said(mission.name);
          return (
            <li key={`${mission.issuer} ${mission.name.en} ${mission.city}`}>
              <p>
                <strong lang={named}>{name}</strong> {mission.city && <span class="quiet" lang="en">{mission.city}</span>}
              </p>
              <ul class="plainlist">
                {mission.phones.map((phone) => (
                  <li key={phone.number}>
                    <a href={`tel:${phone.number}`}>
                      <bdi>{phone.number}</bdi>
                    </a>{' '}
                    <span class="quiet">
                      {tOf('help', phone.use)} {phone.note && <span lang={said(phone.note)[0]}>{said(phone.note)[1]}</span>}
                    </span>
                  </li>
                ))}
              </ul>
              {mission.seen_at && <p class="quiet">{t('help.seen', { when: day(mission.seen_at, 'UTC') })}</p>}
            </li>
          );
        })}
      </ul>
    </>
  );
}
