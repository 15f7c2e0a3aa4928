/** Whether this is an amount of money: a positive whole number of cents that a JavaScript number carries exactly. */
export function isAmount(cents: number): boolean {
  return Number.isSafeInteger(cents) && cents > 0;
}
