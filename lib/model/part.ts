/**
 * The part of a process in its group: an observer is in no quorum, and otherwise does what members do; a stranger takes
 * no part.
 */
export type Part = 'member' | 'observer' | 'stranger';
