import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..');
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('a page of the documentation', () => {
  it.each(pages)('(%s) refers to what is there', (page) => {
    const missing = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].flatMap(
      ([link, path = '', anchor]) => {
        const target = path === '' ? page : join(dirname(page), path);
        if (!existsSync(join(root, target))) return [link];
        return anchor === undefined || anchorsOf(target).includes(anchor) ? [] : [link];
      },
    );
    expect(missing).toEqual([]);
  });

  it.each(pages)('(%s) names specs that are there', (page) => {
    const named = [...read(page).matchAll(/`spec\/[\w/.-]+`/g)].map(([name]) => name.slice(1, -1));
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('that says what was found names specs by words that they hold', () => {
    const [, section = ''] = read('docs/reliability.md').split('## Found from outside');
    const named = [...section.matchAll(/`([\w/-]+\.spec\.ts)`: (.+?)(?=<br>| +\|)/g)];
    expect(named.length).toBeGreaterThan(70);
    const wrong = named.filter(([, file = '', words = '']) => {
      const path = join('spec', file);
      return !existsSync(join(root, path)) || !read(path).includes(words);
    });
    expect(wrong.map(([text]) => text)).toEqual([]);
  });
});

describe('the page on errors', () => {
  it('has every code that there is, and no other', () => {
    const [, union = ''] = /export type ErrorCode =([^;]+);/.exec(read('lib/model/errors.ts')) ?? [];
    const listed = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
    const codes = Array.from(union.matchAll(/'([A-Z_]+)'/g), ([, code]) => code);
    expect(listed.sort()).toEqual(codes.sort());
  });

  it('knows every code that another page names', () => {
    const codes = read('docs/errors.md');
    const names = pages.flatMap((page) => [...read(page).matchAll(/`([A-Z]{3,}(?:_[A-Z]+)+)`/g)]);
    const others = names.map(([, name = '']) => name).filter((name) => !codes.includes(`\`${name}\``));
    expect([...new Set(others)].filter((name) => !name.startsWith('NODE_'))).toEqual([]);
  });
});
