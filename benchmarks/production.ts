/** Measured is what runs in production, without what is checked only in development. The first import of each program. */
process.env['NODE_ENV'] ??= 'production';
