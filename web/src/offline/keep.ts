// What is kept on this device for when there is no network: the last answers, and of the countries of those trips the advisories and
// whom to call. Each with its date; a position, or an answer about one, is never kept.
import { aboutCountry, type IssuerStatus, type ItineraryAnswer, type Mission, type RevisionWords } from '../api/client';
import { forgetDocument, keepDocument, recallDocument } from '../device';
import { countriesOf, planOf, type Trip } from '../trip';

export interface KeptAnswer {
  trip: Trip;
  answer: ItineraryAnswer;
  issuers: IssuerStatus[];
  /** When the service gave it. */
  at: string;
}

export interface KeptCountry {
  advisories: RevisionWords[];
  missions: Mission[];
  at: string;
}

export interface Kept {
  /** The newest first, one of each plan. */
  answers: KeptAnswer[];
  countries: Record<string, KeptCountry>;
}

const NAME = 'kept';
/** How many answers are kept. */
const MOST = 5;
/** Older than this it is said that it may not be true any more. */
const OLD_MS = 24 * 3600 * 1000;

export const isOld = (at: string): boolean => Date.now() - Date.parse(at) > OLD_MS;

export const recallKept = async (): Promise<Kept> => (await recallDocument<Kept>(NAME)) ?? { answers: [], countries: {} };

export const forgetKept = (): Promise<unknown> => forgetDocument(NAME);

/** Keeps an answer to a trip, then what helps in its countries. What belongs to no kept trip any more goes. */
export async function keep(trip: Trip, answer: ItineraryAnswer, issuers: IssuerStatus[]): Promise<Kept> {
  const before = await recallKept();
  const others = before.answers.filter((one) => planOf(one.trip) !== planOf(trip));
  const answers = [{ trip, answer, issuers, at: new Date().toISOString() }, ...others].slice(0, MOST);
  const needed = new Set(answers.flatMap((one) => countriesOf(one.trip)));
  const countries = Object.fromEntries(Object.entries(before.countries).filter(([code]) => needed.has(code)));
  // the answer first: what follows may take long, or fail
  await keepDocument(NAME, { answers, countries });
  await Promise.all(
    countriesOf(trip).map(async (code) => {
      countries[code] = { ...(await aboutCountry(code)), at: new Date().toISOString() };
    }),
  );
  await keepDocument(NAME, { answers, countries });
  return { answers, countries };
}

export const keptAnswer = async (trip: Trip): Promise<KeptAnswer | undefined> => (await recallKept()).answers.find((one) => planOf(one.trip) === planOf(trip));
