// What is asked, by whom it is answered, and the answer with the question that it belongs to.
import { checkDocument, checkItinerary, checkLocation, listIssuers, type IssuerStatus, type ItineraryAnswer, type LocationAnswer } from './api/client';
import type { Fetched } from './private/kept';
import { device } from './private/PrivateSwitch';
import { asOfInstant, countriesOf, planOf, request, type Trip } from './trip';
import { lang } from './words';

/** What was asked: it is asked again when the language changes. */
export type Question = { kind: 'trip'; trip: Trip } | { kind: 'document'; body: string | Blob; mediaType: string; name: string; trip: Trip } | { kind: 'here'; lat: number; lon: number; accuracy_m: number; trip: Trip };
/** `keptAt`: it is what this device kept, from then. `bundles`: it was given on this device, from these. */
export type Result = { question: Question; keptAt?: string; bundles?: Fetched[] } & ({ answer: ItineraryAnswer } | { here: LocationAnswer });

type Found = { known: IssuerStatus[]; bundles?: Fetched[] } & ({ answer: ItineraryAnswer } | { here: LocationAnswer });

/** Asks the service. */
export async function inquire(question: Question): Promise<Found> {
  const issuers = listIssuers();
  const found = await (async () => {
    if (question.kind === 'trip') return { answer: await checkItinerary(request(question.trip)) };
    if (question.kind === 'document') return { answer: await documentAnswer(question) };
    const { lat, lon, accuracy_m, trip } = question;
    const traveller = { nationalities: trip.nationalities, purpose: trip.purpose, permits: [] };
    return { here: await checkLocation({ position: { lat, lon, accuracy_m }, traveller, as_of: asOfInstant(trip), lang: lang() }) };
  })();
  return { known: (await issuers).issuers, ...found };
}

/** The same without asking anybody where: a document is never among what is asked so. */
export async function inquireHere(question: Question): Promise<Found> {
  const { askHere, askTrip, issuersOf } = await device();
  const found = question.kind === 'here' ? await askHere(question, question.trip) : await askTrip(question.trip);
  return { known: issuersOf(found.bundles), ...found };
}

function documentAnswer({ body, mediaType, trip }: Question & { kind: 'document' }): Promise<ItineraryAnswer> {
  return checkDocument(body, mediaType, { lang: lang(), as_of: asOfInstant(trip), nationality: trip.nationalities.join() });
}

/** Whether the plan, or who travels, was changed since: what is asked of a document or a position depends on the latter alone. */
export function changedSince({ kind, trip: then }: Question, now: Trip): boolean {
  const whose = ({ nationalities, purpose, asOf }: Trip) => JSON.stringify([nationalities, purpose, asOf]);
  return whose(then) !== whose(now) || (kind === 'trip' && planOf(then) !== planOf(now));
}

/** The countries that whom to call is asked for. */
export function countriesNear(result: Result): string[] {
  // where two countries are near would tell more than which one it is
  if (result.bundles) return result.bundles.map((one) => one.country);
  if ('here' in result) return result.here.countries;
  return result.question.kind === 'trip' ? countriesOf(result.question.trip) : [];
}
