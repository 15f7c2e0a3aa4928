/**
 * What is checked only while an application is developed and tested, because it takes time: on unless NODE_ENV is
 * 'production' when Treplica is loaded.
 */
export const development = { isOn: process.env['NODE_ENV'] !== 'production' };
