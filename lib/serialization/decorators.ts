import type {
  ExcludeOptions,
  ExposeOptions,
  TransformFnParams,
  TransformOptions,
  TypeHelpOptions,
  TypeOptions,
} from 'class-transformer';

import { TreplicaError } from '../model/errors.js';
import * as theirs from './class-transformer.js';

/** The class of what a field holds, or of the elements of the array, Map or Set that it holds. */
export function Type(
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as in class-transformer
  typeFunction?: (type?: TypeHelpOptions) => Function,
  options?: TypeOptions,
): PropertyDecorator {
  return legacy('Type', theirs.Type(typeFunction, options));
}

/** Leaves a field out, or all fields of a class but those with `@Expose`. */
export function Exclude(options?: ExcludeOptions): PropertyDecorator & ClassDecorator {
  return legacy('Exclude', theirs.Exclude(options));
}

/** Gives a field another name on the wire, makes one of a getter and its setter, or keeps it where others are left out. */
export function Expose(options?: ExposeOptions): PropertyDecorator & ClassDecorator {
  return legacy('Expose', theirs.Expose(options));
}

/** Changes what travels for a field, and back; has to do the same everywhere. */
export function Transform(
  transformFn: (params: TransformFnParams) => unknown,
  options?: TransformOptions,
): PropertyDecorator {
  return legacy('Transform', theirs.Transform(transformFn, options));
}

/** Throws INVALID_OPTION where it is called as a standard decorator is, with a context in place of the key. */
function legacy(name: string, decorate: PropertyDecorator & ClassDecorator): PropertyDecorator & ClassDecorator;
function legacy(name: string, decorate: PropertyDecorator): PropertyDecorator;
function legacy(name: string, decorate: PropertyDecorator): PropertyDecorator {
  return (target, key: unknown) => {
    if (isStandardContext(key)) throw standardDecorator(name, String(key.name));
    decorate(target, key as string);
  };
}

interface StandardContext {
  readonly kind: string;
  readonly name: string | symbol | undefined;
}

function isStandardContext(key: unknown): key is StandardContext {
  return typeof key === 'object' && key !== null && 'kind' in key;
}

function standardDecorator(name: string, decorated: string): TreplicaError {
  return new TreplicaError(
    'INVALID_OPTION',
    `@${name} of '${decorated}' was compiled as a standard decorator, and is a legacy one: set "experimentalDecorators": true in the tsconfig.json that the compiler reads (tsc, and tsx, vite and esbuild too), or jsc.transform.legacyDecorator for swc. Without decorators, write ${name}(…)(TheClass.prototype, '${decorated}') below the class.`,
  );
}
