import { circlesOf, type Import, type ImportGraph } from './import-graph.js';

/** The folders of lib/ and the folders whose code, values or types, each may import besides its own. */
const layers: Readonly<Record<string, readonly string[]>> = {
  model: [],
  bytes: ['model'],
  queue: ['model'],
  sequence: ['model', 'bytes', 'queue'],
  serialization: ['model', 'bytes'],
  consensus: ['model', 'sequence'],
  ledger: ['model', 'bytes'],
  transport: ['model'],
  paxos: ['model', 'bytes', 'queue', 'sequence', 'consensus', 'ledger', 'transport'],
  machine: ['model', 'serialization', 'queue'],
  control: ['model', 'paxos'],
  backup: ['model', 'bytes', 'sequence', 'consensus', 'ledger', 'queue', 'paxos'],
  command: ['model', 'bytes', 'sequence', 'ledger', 'transport', 'queue', 'paxos', 'control', 'backup'],
  simulation: [
    ...['model', 'bytes', 'sequence', 'consensus', 'ledger', 'transport', 'serialization', 'queue', 'paxos', 'machine'],
  ],
};

/** What only the driver joins; the composition of a queue constructs all three, on the ports of production. */
const joined: readonly string[] = ['consensus', 'ledger', 'transport'];
const joiners: readonly string[] = ['lib/paxos/driver.ts', 'lib/paxos/compose.ts', 'lib/paxos/ports.ts'];

/**
 * The files of lib/ledger that others may import; what is behind them may change with no other folder. The simulator, whose
 * disks are the memory ledger's, sees that too.
 */
const ledgerDoors: readonly string[] = [
  'lib/ledger/ledger.ts',
  'lib/ledger/checkpoint-store.ts',
  'lib/ledger/ledger-errors.ts',
  'lib/ledger/inspection.ts',
  'lib/ledger/open.ts',
];
const memoryLedger = 'lib/ledger/memory/';

const publicApi = 'lib/index.ts';
/** What gives the engine the codec, which it does not know. */
const composition: readonly string[] = [publicApi, 'lib/asynchronous-persistent-queue.ts'];

/**
 * The places where a file imports what its layer must not know, one sentence for each, naming the file and the import; and the
 * circles of imports in lib/ and simulator/, values or types, one sentence for each, naming its files.
 */
export function layerViolations(graph: ImportGraph): string[] {
  const forbidden = [...graph].flatMap(([file, imports]) => {
    if (file.startsWith('samples/')) return sampleViolations(file, imports);
    if (file.startsWith('simulator/')) return simulatorViolations(file, imports);
    return file.startsWith('lib/') ? libraryViolations(file, imports) : [];
  });
  return [...forbidden, ...circularImports(graph)];
}

function circularImports(graph: ImportGraph): string[] {
  return circlesOf(graph)
    .filter((files) => files.some((file) => file.startsWith('lib/') || file.startsWith('simulator/')))
    .map((files) => `${files.join(', ')} import one another: hand in what the lower ones need`);
}

function simulatorViolations(file: string, imports: readonly Import[]): string[] {
  return targets(imports)
    .filter((target) => isSource(target) && !target.startsWith('lib/') && !target.startsWith('simulator/'))
    .map((target) => `${file} imports ${target}: the simulator imports nothing of the repository but lib/ and itself`);
}

function sampleViolations(file: string, imports: readonly Import[]): string[] {
  return targets(imports)
    .filter((target) => isSource(target) && !target.startsWith('samples/') && target !== publicApi)
    .map((target) => `${file} imports ${target}: a sample sees the library only as ${publicApi}`);
}

function libraryViolations(file: string, imports: readonly Import[]): string[] {
  const outside = targets(imports)
    .filter((target) => isSource(target) && !target.startsWith('lib/'))
    .map((target) => `${file} imports ${target}: the library imports nothing of the repository but itself`);
  if (composition.includes(file)) return outside;
  const layer = layerOf(file);
  const known = layers[layer];
  if (!known) return [`${file} is in none of the layers ${Object.keys(layers).join(', ')}`];
  return [
    ...outside,
    ...upwardImports(file, layer, known, imports),
    ...impureImports(file, layer, imports),
    ...joins(file, imports),
    ...behindDoors(file, layer, imports),
  ];
}

function upwardImports(file: string, layer: string, known: readonly string[], imports: readonly Import[]): string[] {
  return targets(imports)
    .filter((target) => target.startsWith('lib/') && layerOf(target) !== layer && !known.includes(layerOf(target)))
    .map((target) => `${file} imports ${target}: ${layer} may import only ${[layer, ...known].join(', ')}`);
}

function impureImports(file: string, layer: string, imports: readonly Import[]): string[] {
  if (layer !== 'consensus') return [];
  return targets(imports)
    .filter((target) => !isSource(target))
    .map((target) => `${file} imports ${target}: consensus is pure and imports no package and no node: module`);
}

function joins(file: string, imports: readonly Import[]): string[] {
  if (joiners.includes(file)) return [];
  const values = targets(imports.filter(({ typeOnly }) => !typeOnly));
  const first = values.find((target) => joined.includes(layerOf(target)));
  if (first === undefined) return [];
  return values
    .filter((target) => joined.includes(layerOf(target)) && layerOf(target) !== layerOf(first))
    .map(
      (target) => `${file} imports ${first} and ${target}: only ${joiners.join(' and ')} may join ${joined.join(', ')}`,
    );
}

function behindDoors(file: string, layer: string, imports: readonly Import[]): string[] {
  const isOpen = (target: string): boolean =>
    ledgerDoors.includes(target) || (layer === 'simulation' && target.startsWith(memoryLedger));
  if (layer === 'ledger') return [];
  return targets(imports)
    .filter((target) => layerOf(target) === 'ledger' && !isOpen(target))
    .map((target) => `${file} imports ${target}: the ledger is entered by ${ledgerDoors.join(', ')}`);
}

function targets(imports: readonly Import[]): string[] {
  return [...new Set(imports.map(({ target }) => target))];
}

function isSource(target: string): boolean {
  return /^(lib|samples|simulator|benchmarks|spec|\.\.)\//.test(target);
}

/** The folder of lib/ that a file is in; for a file or package that is in none, something that is no layer's name. */
function layerOf(file: string): string {
  return /^lib\/([^/]+)\/./.exec(file)?.[1] ?? file;
}
