/**
 * The one way to class-transformer. The package holds itself several times, for several kinds of module systems, each with
 * a storage of its own: where a bundler chooses another one for its decorators than for its storage, nothing that is
 * decorated is found there. So both are taken from the same one.
 */
import 'reflect-metadata';

import { Exclude, Expose, Transform, TransformationType, Type } from 'class-transformer/cjs/index.js';
import { defaultMetadataStorage as storage } from 'class-transformer/cjs/storage.js';

import { TreplicaError } from '../model/errors.js';

export { Exclude, Expose, storage, Transform, TransformationType, Type };

/**
 * Throws TWO_COPIES where what a decorator says does not reach the storage: fields that are to be left out would travel, and
 * classes that are declared would be unknown.
 */
export function checkStorage(exclude: typeof Exclude, ours: Pick<typeof storage, 'getExcludedProperties'>): void {
  class Probe {}
  exclude()(Probe.prototype, 'field');
  if (ours.getExcludedProperties(Probe, TransformationType.CLASS_TO_PLAIN).includes('field')) return;
  throw new TreplicaError(
    'TWO_COPIES',
    'The metadata of @Type, @Exclude, @Expose and @Transform are not found: this program holds two copies of class-transformer. A bundler has chosen one for class-transformer/cjs/index.js and another for class-transformer/cjs/storage.js: remove the aliases that redirect them, or declare class-transformer as external.',
  );
}

checkStorage(Exclude, storage);
