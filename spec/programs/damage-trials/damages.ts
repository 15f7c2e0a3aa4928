import type { Random } from '../../../lib/simulation/random.js';
import { PAGE_KINDS, type KnownPages, type PageKind } from './page-kinds.js';

/** More of the kinds that there are more ways of. */
const DAMAGE_KINDS = [
  'a bit flipped',
  'a bit of a header flipped',
  'a page zeroed',
  'a bit flipped',
  'a page of noise',
  'an earlier page put back',
  'a bit flipped',
  'a bit of a header flipped',
  'two pages swapped',
  'cut short',
  'a bit flipped',
  'an earlier page put back',
] as const;
const RARE_KINDS = ['emptied', 'the first page alone', 'the meta pages alone'] as const;
/** Every so many trials, one of the rare kinds. */
const RARE_EVERY = 50;
/** Of a page's header, and where its entries are. */
const HEADER_BYTES = 40;

export type DamageKind = (typeof DAMAGE_KINDS)[number] | (typeof RARE_KINDS)[number];

export interface Plan {
  readonly kind: DamageKind;
  readonly pageKind: PageKind | 'all';
  /** For a message. */
  readonly where: string;
  /** The file as it then is. */
  readonly bytes: Buffer;
}

/** The data file before it is damaged, and states of it from before. */
export interface Originals {
  readonly last: Buffer;
  readonly earlier: readonly Buffer[];
  readonly pages: KnownPages;
}

/** The damage of one trial, the same for the same numbers. */
export function planTrial(originals: Originals, trial: number, random: Random): Plan {
  if (trial % RARE_EVERY === RARE_EVERY - 1) return rarePlan(originals, random.below(RARE_KINDS.length));
  const { pageBytes, kinds } = originals.pages;
  const pageKind = random.pick(PAGE_KINDS.filter((wanted) => kinds.includes(wanted)));
  const kind = DAMAGE_KINDS[trial % DAMAGE_KINDS.length] ?? 'a bit flipped';
  const ofKind = kinds.flatMap((found, number) => (found === pageKind ? [number] : []));
  const changed = ofKind.filter((number) => earlierStates({ ...originals, start: number * pageBytes }).length > 0);
  const page = random.pick(kind === 'an earlier page put back' && changed.length > 0 ? changed : ofKind);
  const { where, bytes } = DAMAGES[kind]({ ...originals, start: page * pageBytes, random });
  return { kind, pageKind, where: `page ${page}${where}`, bytes };
}

/** What a way of damaging is given: `start` is where the page begins. */
interface Subject extends Originals {
  readonly start: number;
  readonly random: Random;
}

type Way = (subject: Subject) => Pick<Plan, 'where' | 'bytes'>;

const DAMAGES: Readonly<Record<(typeof DAMAGE_KINDS)[number], Way>> = {
  'a bit flipped': (subject) => flipBit(subject, subject.pages.pageBytes),
  'a bit of a header flipped': (subject) => flipBit(subject, HEADER_BYTES),
  'a page zeroed': ({ last, pages, start }) => {
    const bytes = Buffer.from(last).fill(0, start, start + pages.pageBytes);
    return { where: '', bytes };
  },
  'a page of noise': ({ last, pages, start, random }) => {
    const bytes = Buffer.from(last);
    for (let offset = 0; offset < pages.pageBytes; offset += 1) bytes.writeUInt8(random.below(256), start + offset);
    return { where: '', bytes };
  },
  'an earlier page put back': ({ last, earlier, pages, start, random }) => {
    const bytes = Buffer.from(last);
    const page = pageOf(bytes, start, pages);
    const states = earlierStates({ last, earlier, pages, start });
    if (states.length === 0) return { where: ', which has not changed', bytes };
    const state = random.pick(states);
    pageOf(state, start, pages).copy(page);
    return { where: ` of state ${earlier.indexOf(state)}`, bytes };
  },
  'two pages swapped': ({ last, pages, start, random }) => {
    const bytes = Buffer.from(last);
    const other = random.below(pages.kinds.length) * pages.pageBytes;
    pageOf(last, other, pages).copy(bytes, start);
    pageOf(last, start, pages).copy(bytes, other);
    return { where: ` with page ${other / pages.pageBytes}`, bytes };
  },
  'cut short': ({ last, pages, start, random }) => {
    const offset = random.below(pages.pageBytes);
    return { where: ` at byte ${offset}`, bytes: last.subarray(0, start + offset) };
  },
};

/** Those in which the page was another than it is. */
function earlierStates({ last, earlier, pages, start }: Originals & { readonly start: number }): readonly Buffer[] {
  const page = pageOf(last, start, pages);
  return earlier.filter((state) => start < state.length && !pageOf(state, start, pages).equals(page));
}

function flipBit({ last, start, random }: Subject, within: number): Pick<Plan, 'where' | 'bytes'> {
  const bytes = Buffer.from(last);
  const [offset, bit] = [random.below(within), random.below(8)];
  bytes.writeUInt8(bytes.readUInt8(start + offset) ^ (1 << bit), start + offset);
  return { where: `, byte ${offset}, bit ${bit}`, bytes };
}

function rarePlan({ last, pages }: Originals, index: number): Plan {
  const kind = RARE_KINDS[index] ?? 'emptied';
  return { kind, pageKind: 'all', where: 'the file', bytes: last.subarray(0, index * pages.pageBytes) };
}

function pageOf(bytes: Buffer, start: number, { pageBytes }: KnownPages): Buffer {
  return bytes.subarray(start, start + pageBytes);
}
