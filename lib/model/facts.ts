/** What a participant of a group tells the others of itself: a small, flat record. Cannot be changed. */
export type Facts = Readonly<Record<string, string | number | boolean>>;
