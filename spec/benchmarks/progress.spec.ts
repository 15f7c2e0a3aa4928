import { describe, expect, it } from '@jest/globals';

import { withProgress } from '../../benchmarks/progress.js';

function stream(isTTY: boolean) {
  let written = '';
  return { isTTY, write: (text: unknown) => ((written += String(text)), true), written: () => written };
}

describe('progress', () => {
  it('is a line at the beginning where nobody watches', async () => {
    const file = stream(false);
    expect(await withProgress('measuring', async () => file.written(), file)).toBe('measuring\n');
    expect(file.written()).toBe('measuring\n');
  });

  it('is gone from a terminal when the work has ended, well or not', async () => {
    for (const work of [async () => 1, () => Promise.reject(new Error('broken'))]) {
      const terminal = stream(true);
      await Promise.allSettled([withProgress<unknown>('measuring', work, terminal)]);
      expect(terminal.written()).toBe('\r\u001b[Kmeasuring  0 s\r\u001b[K');
    }
  });

  it('does not hide that the work has failed', async () => {
    for (const isTTY of [true, false]) {
      const work = withProgress('measuring', () => Promise.reject(new Error('broken')), stream(isTTY));
      await expect(work).rejects.toThrow('broken');
    }
  });
});
