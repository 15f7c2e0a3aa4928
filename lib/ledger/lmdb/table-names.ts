/** Tables that a data file has once, beside those of its queues. */
export const OWNER = 'owner';
export const INVENTORY = 'inventory';
