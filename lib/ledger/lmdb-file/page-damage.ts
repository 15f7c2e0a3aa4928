/** Something in a data file that is not as LMDB writes it. */
export interface PageDamage {
  /** The named database, null where it is none's or it is not known whose. */
  readonly table: string | null;
  /** Counted from the file's start, null where it is no single page. */
  readonly page: number | null;
  readonly why: string;
}

/** For a message: where the damage is, and what. */
export function describeDamage({ table, page, why }: PageDamage): string {
  const places = [...(page === null ? [] : [`page ${page}`]), ...(table === null ? [] : [`table ${table}`])];
  return places.length === 0 ? why : `${places.join(' of ')}: ${why}`;
}
