/** One system call, as strace tells it with `-f -y -xx`. */
export interface SystemCall {
  readonly name: string;
  /** What it was called with, as text. */
  readonly given: string;
  readonly result: number;
  /** Of its first argument; null where that is none. */
  readonly fd: number | null;
  /** Of the file that the descriptor leads to. */
  readonly path: string;
  /** Lines of the trace where it begins and ends: another thread may have called something in between. */
  readonly begin: number;
  readonly end: number;
}

/** The calls of a process that have returned, in the order of their ends. */
export function systemCallsIn(trace: string): SystemCall[] {
  const unfinished = new Map<string, { readonly text: string; readonly begin: number }>();
  const calls: SystemCall[] = [];
  for (const [line, told] of trace.split('\n').entries()) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(told) ?? [];
    if (text.endsWith(UNFINISHED)) {
      unfinished.set(thread, { text: text.slice(0, -UNFINISHED.length), begin: line });
      continue;
    }
    const resumed = RESUMED.exec(text);
    const head = resumed ? unfinished.get(thread) : { text: '', begin: line };
    const call = head && parse(head.text + (resumed?.[1] ?? text), head.begin, line);
    if (call) calls.push(call);
  }
  return calls;
}

/** The bytes of what strace writes as `"\x01\x02"`. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

const UNFINISHED = ' <unfinished ...>';
const RESUMED = /^<\.\.\. \w+ resumed>(.*)$/;

function parse(text: string, begin: number, end: number): SystemCall | null {
  const [, name, given = '', result] = /^(\w+)\((.*)\) += (-?\d+)/.exec(text) ?? [];
  if (name === undefined) return null;
  const [, fd, path = ''] = /^(\d+)<([^>]*)>/.exec(given) ?? [];
  return {
    name,
    given,
    result: Number(result),
    fd: fd === undefined ? null : Number(fd),
    path: bytesOf(path).toString(),
    begin,
    end,
  };
}
