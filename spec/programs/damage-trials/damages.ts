import { SECTOR_BYTES } from '../../../lib/ledger/journal/sector.js';
import type { Random } from '../../../lib/simulation/random.js';
import { JOURNAL_PAGE_KINDS, type JournalPageKind, type KnownJournal } from './journal-pages.js';
import { type KnownPages, PAGE_KINDS, type PageKind } from './page-kinds.js';

/** More of the kinds that there are more ways of. */
const DATA_DAMAGES = [
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
const JOURNAL_DAMAGES = [
  'a bit flipped',
  'a sector zeroed',
  'a page zeroed',
  'an earlier sector put back',
  'a page of noise',
  'an earlier page put back',
  'a bit flipped',
  'a sector zeroed',
  'two pages swapped',
  'cut short',
  'an earlier sector put back',
  'an earlier page put back',
] as const;
const RARE_DATA_DAMAGES = ['emptied', 'the first page alone', 'the meta pages alone'] as const;
const RARE_JOURNAL_DAMAGES = ['emptied', 'the first page alone', 'removed'] as const;
/** Of so many sets of trials, one damages the journal. */
const JOURNAL_EVERY = 3;
/** Every so many trials, one of the rare kinds. */
const RARE_EVERY = 50;
/** Of a page's header, and where its entries are. */
const HEADER_BYTES = 40;

type Damage = (typeof DATA_DAMAGES)[number] | (typeof JOURNAL_DAMAGES)[number];
export type DamageKind = Damage | (typeof RARE_DATA_DAMAGES)[number] | (typeof RARE_JOURNAL_DAMAGES)[number];

/** The files of a ledger directory. */
export interface Files {
  readonly data: Buffer;
  /** Null where it is removed. */
  readonly journal: Buffer | null;
}

export interface Plan {
  readonly kind: DamageKind;
  readonly pageKind: PageKind | JournalPageKind | 'data file' | 'journal';
  /** For a message. */
  readonly where: string;
  /** As they then are. */
  readonly files: Files;
}

/** A file before it is damaged, and states of it from before. */
interface Original<Pages> {
  readonly last: Buffer;
  readonly earlier: readonly Buffer[];
  readonly pages: Pages;
}

export interface Originals {
  readonly data: Original<KnownPages<PageKind>>;
  readonly journal: Original<KnownJournal>;
}

/** The damage of one trial, the same for the same numbers. */
export function planTrial({ data, journal }: Originals, trial: number, random: Random): Plan {
  const set = Math.floor(trial / DATA_DAMAGES.length);
  const isRare = trial % RARE_EVERY === RARE_EVERY - 1;
  if (set % JOURNAL_EVERY < JOURNAL_EVERY - 1) {
    const { bytes, ...plan } = isRare
      ? { ...rarely(data, random.pick(RARE_DATA_DAMAGES)), pageKind: 'data file' as const }
      : damage(data, PAGE_KINDS, DATA_DAMAGES[trial % DATA_DAMAGES.length] ?? 'a bit flipped', random);
    return { ...plan, files: { data: bytes ?? data.last, journal: journal.last } };
  }
  const { bytes, ...plan } = isRare
    ? { ...rarely(journal, random.pick(RARE_JOURNAL_DAMAGES)), pageKind: 'journal' as const }
    : damage(journal, JOURNAL_PAGE_KINDS, JOURNAL_DAMAGES[trial % JOURNAL_DAMAGES.length] ?? 'a bit flipped', random);
  return { ...plan, files: { data: data.last, journal: bytes } };
}

interface Damaged {
  readonly kind: DamageKind;
  readonly where: string;
  readonly bytes: Buffer | null;
}

function damage<Kind>(
  original: Original<KnownPages<Kind>>,
  pageKinds: readonly Kind[],
  kind: Damage,
  random: Random,
): Damaged & { readonly pageKind: Kind; readonly bytes: Buffer } {
  const { pageBytes, kinds } = original.pages;
  const unitBytes = kind === 'a sector zeroed' || kind === 'an earlier sector put back' ? SECTOR_BYTES : pageBytes;
  const pageKind = random.pick(pageKinds.filter((wanted) => kinds.includes(wanted)));
  const ofKind = kinds.flatMap((found, number) => (found === pageKind ? [number] : []));
  const units = ofKind.flatMap((page) =>
    Array.from({ length: pageBytes / unitBytes }, (_, index) => page * pageBytes + index * unitBytes),
  );
  const changed = units.filter((start) => earlierStates({ ...original, start, unitBytes }).length > 0);
  const start = random.pick(kind.endsWith('put back') && changed.length > 0 ? changed : units);
  const { where, bytes } = WAYS[kind]({ ...original, start, unitBytes, random });
  return { kind, pageKind, where: `byte ${start}${where}`, bytes };
}

/** What a way of damaging is given: of the page or sector, where it begins and how long it is. */
interface Place {
  readonly last: Buffer;
  readonly earlier: readonly Buffer[];
  readonly start: number;
  readonly unitBytes: number;
}

type Way = (place: Place & { readonly random: Random }) => { readonly where: string; readonly bytes: Buffer };

const zero: Way = ({ last, start, unitBytes }) => {
  return { where: '', bytes: Buffer.from(last).fill(0, start, start + unitBytes) };
};

const putBack: Way = ({ last, earlier, start, unitBytes, random }) => {
  const bytes = Buffer.from(last);
  const states = earlierStates({ last, earlier, start, unitBytes });
  if (states.length === 0) return { where: ', which has not changed', bytes };
  const state = random.pick(states);
  state.copy(bytes, start, start, start + unitBytes);
  return { where: ` of state ${earlier.indexOf(state)}`, bytes };
};

const WAYS: Readonly<Record<Damage, Way>> = {
  'a bit flipped': (place) => flipBit(place, place.unitBytes),
  'a bit of a header flipped': (place) => flipBit(place, HEADER_BYTES),
  'a page zeroed': zero,
  'a sector zeroed': zero,
  'a page of noise': ({ last, start, unitBytes, random }) => {
    const bytes = Buffer.from(last);
    for (let offset = 0; offset < unitBytes; offset += 1) bytes.writeUInt8(random.below(256), start + offset);
    return { where: '', bytes };
  },
  'an earlier page put back': putBack,
  'an earlier sector put back': putBack,
  'two pages swapped': ({ last, start, unitBytes, random }) => {
    const bytes = Buffer.from(last);
    const other = random.below(last.length / unitBytes) * unitBytes;
    last.copy(bytes, start, other, other + unitBytes);
    last.copy(bytes, other, start, start + unitBytes);
    return { where: ` with byte ${other}`, bytes };
  },
  'cut short': ({ last, start, unitBytes, random }) => {
    const offset = random.below(unitBytes);
    return { where: ` after ${offset}`, bytes: last.subarray(0, start + offset) };
  },
};

/** Those in which the page or sector was another than it is. */
function earlierStates({ last, earlier, start, unitBytes }: Place): readonly Buffer[] {
  const unit = last.subarray(start, start + unitBytes);
  return earlier.filter((state) => {
    return start < state.length && !state.subarray(start, start + unitBytes).equals(unit);
  });
}

function flipBit({ last, start, random }: Parameters<Way>[0], within: number): ReturnType<Way> {
  const bytes = Buffer.from(last);
  const [offset, bit] = [random.below(within), random.below(8)];
  bytes.writeUInt8(bytes.readUInt8(start + offset) ^ (1 << bit), start + offset);
  return { where: `, byte ${offset} from there, bit ${bit}`, bytes };
}

/** What happens to a file as a whole. */
function rarely(
  { last, pages }: Original<KnownPages<unknown>>,
  kind: (typeof RARE_DATA_DAMAGES | typeof RARE_JOURNAL_DAMAGES)[number],
): Damaged {
  const where = 'the file';
  switch (kind) {
    case 'removed':
      return { kind, where, bytes: null };
    case 'emptied':
      return { kind, where, bytes: Buffer.alloc(0) };
    case 'the first page alone':
      return { kind, where, bytes: last.subarray(0, pages.pageBytes) };
    case 'the meta pages alone':
      return { kind, where, bytes: last.subarray(0, 2 * pages.pageBytes) };
  }
}
