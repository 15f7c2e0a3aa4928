/**
 * The part of the state that is Treplica's own, beside the application's: the same at every replica at every position,
 * saved, restored and compared with the application's state, and changed by system operations alone.
 */
export class SystemState {
  /** Error messages use this name, also where a minifier has renamed the class. */
  static readonly name: string = 'treplica.SystemState';

  /** How many operations of the application have been executed since the group began. */
  operations = 0;
  /** How many system operations. */
  systemOperations = 0;
}
