/**
 * Switches checks that run only while an application is developed and tested, because they take time. Default: off if NODE_ENV
 * is 'production' when Treplica is loaded.
 */
export const development = { isOn: process.env['NODE_ENV'] !== 'production' };
