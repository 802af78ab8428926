// The answer: one sentence, what each government says, then the plan part by part.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Effect, Finding, Gap, IssuerLine, IssuerStatus, LevelWords, Verdict } from '../api/client';
import { guidance, knownAs, levelCode, type Part } from '../answer';
import { both, metres, minute, span } from '../format';
import { lang, said, t, tOf } from '../words';
import { Swatch } from './Swatch';

export interface AnswerView {
  verdict: Verdict;
  sentence: string;
  /** The issuer's own name of the area that the sentence names, with its language. */
  title?: { text: string; lang: string };
  complete: boolean;
  asOf: string;
  lines: IssuerLine[];
  parts: Part[];
  /** Whether the trip is over. */
  past?: boolean;
  note?: string;
}

interface Props {
  view: AnswerView;
  issuers: Map<string, IssuerStatus>;
  /** Given on the device: with the system's letters, since fetching ours would tell what is said. */
  own?: boolean;
  children?: ComponentChildren;
}

export function Answer({ view, issuers, own, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  // a new answer is what whoever asked wants to hear next
  useEffect(() => heading.current?.focus(), [view]);
  const todo = guidance(view.verdict);
  const lines = [...view.lines].sort((a, b) => b.severity - a.severity);
  return (
    <section class={own ? 'answer own' : 'answer'} aria-labelledby="answer">
      <div class={`sentence v-${view.verdict}`}>
        <p class="word">
          <VerdictMark verdict={view.verdict} />
        </p>
        <h2 id="answer" ref={heading} tabIndex={-1}>
          <Sentence text={view.sentence} title={view.title} />
        </h2>
        {view.note && <p>{view.note}</p>}
        {!view.complete && <p>{t('answer.incomplete')}</p>}
        {view.past && <p>{t('answer.past')}</p>}
        {todo && (
          <p class="todo">
            <strong>{t('answer.do')}:</strong> {todo} <span class="quiet">{t('answer.do_here')}</span>
          </p>
        )}
        <p class="quiet">{t('answer.as_of', { when: minute(view.asOf) })}</p>
      </div>
      {children}
      {lines.length > 0 && (
        <section aria-labelledby="by-issuer">
          <h3 id="by-issuer">{t('answer.issuers')}</h3>
          <ul class="issuers">
            {lines.map((line) => (
              <Line key={line.issuer} line={line} issuer={issuers.get(line.issuer)} />
            ))}
          </ul>
        </section>
      )}
      <section aria-labelledby="by-part">
        <h3 id="by-part">{t('answer.parts')}</h3>
        <ol class="parts">
          {view.parts.map((part) => (
            <PartView key={part.key} part={part} issuers={issuers} />
          ))}
        </ol>
      </section>
    </section>
  );
}

/** The sentence, in which the issuer's own words are marked. */
function Sentence({ text, title }: { text: string; title?: AnswerView['title'] }) {
  const at = title && title.lang !== lang() ? text.indexOf(title.text) : -1;
  if (!title || at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <span lang={title.lang}>{title.text}</span>
      {text.slice(at + title.text.length)}
    </>
  );
}

const MARKS: Record<Verdict, string> = { clear: 'M5 13l4 4L19 7', notice: 'M12 5v9M12 18v1', caution: 'M12 5v9M12 18v1', avoid: 'M6 6l12 12M18 6L6 18', prohibited: 'M6 6l12 12M18 6L6 18', indeterminate: 'M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 18v1' };

export function VerdictMark({ verdict }: { verdict: Verdict }) {
  return (
    <span class={`verdict v-${verdict}`}>
      <svg width="20" height="20" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path d={MARKS[verdict]} fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" />
      </svg>
      {tOf('verdict', verdict)}
    </span>
  );
}

export function Names({ issuer, code }: { issuer?: IssuerStatus; code: string }) {
  if (!issuer) return <bdi>{code}</bdi>;
  return (
    <span class="names">
      <Named named={issuer} issuer={issuer} />
    </span>
  );
}

/** A name, and where the reader does not read the issuer's language also that in it. */
function Named({ named, issuer }: { named: { name: string; native_name: string }; issuer?: IssuerStatus }) {
  const [known, name] = knownAs(named, issuer);
  return (
    <>
      <span lang={known}>{name}</span>
      {named.native_name !== name && issuer?.languages[0] !== 'en' && (
        <span class="native" lang={issuer?.languages[0]}>
          {' '}
          {named.native_name}
        </span>
      )}
    </>
  );
}

export function LevelName({ level, issuer }: { level: LevelWords; issuer?: IssuerStatus }) {
  return (
    <span class="level-name">
      {levelCode(level.code)}
      <Named named={level} issuer={issuer} />
    </span>
  );
}

function Line({ line, issuer }: { line: IssuerLine; issuer?: IssuerStatus }) {
  return (
    <li>
      {line.level ? <Swatch colour={line.level.colour} severity={line.severity} /> : <span class="swatch none" />}
      <div>
        <p class="issuer">
          <Names issuer={issuer} code={line.issuer} />
        </p>
        <p>
          {line.level ? <LevelName level={line.level} issuer={issuer} /> : <span>{t('answer.no_statement')}</span>}
        </p>
        <p>
          <VerdictMark verdict={line.verdict} />
          {line.level && <span class="quiet"> {tOf('severity', line.severity)}</span>}
        </p>
        {[...new Set((line.indeterminate ?? []).map((gap) => gap.code))].map((code) => (
          <p key={code} class="quiet">
            {tOf('gap', code)} {issuer?.url && <Source url={issuer.url}>{t('answer.source')}</Source>}
          </p>
        ))}
      </div>
    </li>
  );
}

function PartView({ part, issuers }: { part: Part; issuers: Map<string, IssuerStatus> }) {
  const governing = part.findings.filter((finding) => finding.governs);
  const behind = part.findings.filter((finding) => !finding.governs);
  const worst = Math.max(0, ...governing.map((finding) => finding.severity));
  // one reason may hold for many issuers: it is said once, with all of them
  const gaps = new Map<string, Gap[]>();
  for (const gap of part.gaps) gaps.set(gap.reason, [...(gaps.get(gap.reason) ?? []), gap]);
  return (
    <li class="part">
      <h4>{part.heading}</h4>
      {part.ways && (
        <div class="ways">
          <p>{tOf('ways', part.ways.source)}</p>
          <ul class="plainlist">
            {part.ways.options.map((option, n) => (
              <li key={n}>
                <VerdictMark verdict={option.verdict} /> {option.name ? <span lang="en">{option.name}</span> : t('ways.option', { n: n + 1 })}
                {option.length_m ? <span class="quiet"> {metres(option.length_m)}</span> : null}
              </li>
            ))}
          </ul>
        </div>
      )}
      {part.findings.length === 0 && part.gaps.length === 0 && <p class="quiet">{t('answer.part_clear')}</p>}
      {[...gaps].map(([reason, some]) => (
        <GapView key={reason} reason={reason} gaps={some} issuers={issuers} />
      ))}
      {governing.map((finding) => (
        <FindingView key={`${finding.revision} ${finding.way?.option ?? ''}`} finding={finding} zone={part.zone} issuer={issuers.get(finding.issuer)} open={finding.severity >= 3 && finding.severity === worst} />
      ))}
      {behind.length > 0 && (
        <details class="behind">
          <summary>{t('answer.others', { n: behind.length })}</summary>
          {behind.map((finding) => (
            <FindingView key={`${finding.revision} ${finding.way?.option ?? ''}`} finding={finding} zone={part.zone} issuer={issuers.get(finding.issuer)} open={false} />
          ))}
        </details>
      )}
    </li>
  );
}

function GapView({ reason, gaps, issuers }: { reason: string; gaps: Gap[]; issuers: Map<string, IssuerStatus> }) {
  const whose = gaps.map((gap) => gap.issuer && issuers.get(gap.issuer)).filter((issuer): issuer is IssuerStatus => !!issuer);
  return (
    <div class="gap">
      <p>
        <VerdictMark verdict="indeterminate" />
      </p>
      <p>{tOf('gap', reason)}</p>
      <p class="quiet">
        {t('answer.settle')}: {tOf('settle', reason)}
      </p>
      {whose.length > 0 && (
        <ul class="plainlist">
          {whose.map((issuer) => (
            <li key={issuer.code}>
              {issuer.url ? (
                <Source url={issuer.url}>
                  <Names issuer={issuer} code={issuer.code} />
                </Source>
              ) : (
                <Names issuer={issuer} code={issuer.code} />
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Source({ url, children }: { url: string; children: ComponentChildren }) {
  // a text from a data file: only what is a web address becomes a link
  if (!/^https?:\/\//.test(url)) return null;
  return (
    <a class="source" href={url} rel="noopener noreferrer external" target="_blank">
      {children}
    </a>
  );
}

interface FindingProps {
  finding: Finding;
  zone?: string;
  issuer?: IssuerStatus;
  open: boolean;
}

export function FindingView({ finding, zone, issuer, open }: FindingProps) {
  const advisory = finding.revision.replace(/@\d+$/, '');
  // in English; whoever reads the issuer's language needs no other words than its own
  const meaning = issuer && knownAs(issuer)[0] === 'en' ? issuer.levels.find((level) => level.code === finding.level.code)?.meaning : undefined;
  const todo = guidance(finding.verdict);
  return (
    <details class="finding" open={open} data-advisory={advisory}>
      <summary>
        <Swatch colour={finding.level.colour} severity={finding.severity} />
        <span class="head">
          <span class="title" lang={finding.title_lang || lang()}>
            {finding.title}
          </span>
          <LevelName level={finding.level} issuer={issuer} />
          <span class="quiet" lang={issuer && knownAs(issuer)[0]}>
            {issuer ? knownAs(issuer)[1] : finding.issuer}
          </span>
        </span>
        <VerdictMark verdict={finding.verdict} />
      </summary>
      <div class="body">
        <p class="said" lang={finding.text_lang || lang()}>
          {finding.text}
        </p>
        {meaning && (
          <p class="quiet" lang="en">
            {meaning}
          </p>
        )}
        {todo && (
          <p>
            <strong>{t('answer.do')}:</strong> {todo}
          </p>
        )}
        <dl class="facts">
          <Fact name={t('answer.when')}>{span(finding.from, finding.to, zone)}</Fact>
          {finding.way && (
            <Fact name={t(finding.placement === 'possible' ? 'answer.possible' : 'answer.inside')}>
              {(finding.way.option ?? 0) > 0 && `${t('ways.option', { n: finding.way.option! + 1 })}: `}
              {t('answer.way', { distance: metres(finding.way.inside_m), from: metres(finding.way.enters_m), to: metres(finding.way.leaves_m) })}
            </Fact>
          )}
          <Fact name={t('answer.in_force')}>
            {finding.valid_from ? both(finding.valid_from, zone) : t('answer.always')}
            {finding.valid_to && <>, {t('answer.until', { when: both(finding.valid_to, zone) })}</>}
          </Fact>
        </dl>
        {!finding.way && finding.placement === 'possible' && <p class="quiet">{t('answer.possible')}</p>}
        <Effects effects={finding.legal_effects} issuer={issuer} />
        {finding.exemption && (
          <p class="exempt">
            <strong>
              {t('answer.exempt')}: {tOf('exemption', finding.exemption.kind)}.
            </strong>{' '}
            <span lang={finding.exemption.text_lang || lang()}>{finding.exemption.text}</span> <Source url={finding.exemption.source_url}>{t('answer.source')}</Source>
          </p>
        )}
        {finding.transit && <p class="quiet">{t(finding.transit === 'airside' ? 'answer.transit_airside' : 'answer.transit_landside')}</p>}
        {!finding.governs && <p class="quiet">{t('answer.outranked')}</p>}
        <p class="quiet">{t('answer.outline', { basis: tOf('basis', finding.basis), distance: metres(finding.accuracy_m) })}</p>
        <p class="links">
          <Source url={finding.source_url}>{t('answer.source')}</Source> <a href={`/advisories/${encodeURIComponent(advisory)}?lang=${lang()}`}>{t('answer.page')}</a>
        </p>
      </div>
    </details>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The law's words with the language they are in: the issuer's own list has them in each. */
function lawOf(effect: Effect, issuer?: IssuerStatus) {
  const known = issuer?.legal_effects.find(({ id }) => id === effect.id);
  const [textLang, text] = known ? said(known.text) : [lang(), effect.text];
  const grounds = known ? (known.permit_grounds ?? []).map((ground) => said(ground.text)) : (effect.permit_grounds ?? []).map((ground) => [lang(), ground]);
  return { textLang, text, groundsLang: grounds[0]?.[0], grounds: grounds.map(([, ground]) => ground).join('; ') };
}

function Effects({ effects, issuer }: { effects: Effect[]; issuer?: IssuerStatus }) {
  const shown = effects.filter((effect) => effect.applies !== false);
  if (shown.length === 0) return null;
  return (
    <div class="law">
      <p>
        <strong>{t('answer.law')}</strong>
      </p>
      <ul>
        {shown.map((effect) => ({ effect, ...lawOf(effect, issuer) })).map(({ effect, textLang, text, groundsLang, grounds }) => (
          <li key={effect.id}>
            <p>
              <strong>{tOf('legal', effect.kind)}</strong> · {t(effect.applies === true ? 'answer.law_applies' : 'answer.law_maybe')} · <span lang="en">{effect.statute}</span>
            </p>
            <p lang={textLang}>{text}</p>
            {grounds && (
              <p class="quiet">
                {t('answer.permits')}: <span lang={groundsLang}>{grounds}</span>
              </p>
            )}
            {effect.url && <Source url={effect.url}>{t('answer.source')}</Source>}
          </li>
        ))}
      </ul>
    </div>
  );
}
