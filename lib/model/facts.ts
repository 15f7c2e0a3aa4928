/** A small, flat record in which a process describes itself to the others of its group. Cannot be changed. */
export type Facts = Readonly<Record<string, string | number | boolean>>;
