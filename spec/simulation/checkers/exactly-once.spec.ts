import { describe, expect, it } from '@jest/globals';

import { ExactlyOnce } from '../../../lib/simulation/checkers/exactly-once.js';
import { found, report } from './subjects.js';

describe('exactly once', () => {
  const message = Buffer.from('one');

  it('a message may be ordered as often as it was submitted, or less often', () => {
    const once = new ExactlyOnce(report);
    once.submitted(message);
    once.submitted(message);
    once.submitted(Buffer.from('lost'));
    once.ordered([message, Buffer.from(message)]);
    expect(found).toEqual([]);
  });

  it('no message is ordered once more', () => {
    const once = new ExactlyOnce(report);
    once.submitted(message);
    once.ordered([message]);
    once.ordered([message]);
    expect(found).toEqual(['a message of 3 bytes is executed more often than it was submitted']);
  });

  it('no message is ordered that nobody has submitted', () => {
    new ExactlyOnce(report).ordered([message]);
    expect(found).toHaveLength(1);
  });
});
