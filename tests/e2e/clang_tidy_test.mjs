// clang_tidy_test.mjs BUILD PART PARTS: holds the sources against .clang-tidy, of which there is one in
// each tree that has rules of its own: the product's files and headers against all checks. BUILD has the
// compilation database, from Clang. The work is dealt out to PARTS parts; PART counts from 0.
//
// Most of the time goes to the headers of libraries, which are looked at again for each source. So
// sources are looked at as one text, as long as no two of them declare the same name, and with all that
// any source of their tree is compiled with. A program's main() is looked at alone: what it calls is not
// to be seen through.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const TEXT_BYTES_MAX = 250_000;
const TREES_WITH_RULES = ['tests', 'bench'];
const TREES = ['runtime', 'events', 'handler', 'tests', 'bench'];

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
process.chdir(root);
const [build, part, parts] = [resolve(process.argv[2]), Number(process.argv[3]), Number(process.argv[4])];
const work = join(build, `clang-tidy-${part}`);
const tidy = spawnSync('clang-tidy-14', ['--version']).error ? 'clang-tidy' : 'clang-tidy-14';

function fail(message) {
  console.error(`clang_tidy_test: ${message}`);
  process.exit(1);
}

/** The rules that hold for a source: those of the nearest tree that has some. */
function rulesOf(source) {
  const tree = source.split('/')[0];
  return TREES_WITH_RULES.includes(tree) ? tree : '.';
}

/** What a source is compiled with, but for its own name, that of its object, and precompiled headers. */
function flagsOf(command) {
  const words = command.trim().split(/\s+/);
  const flags = [];
  for (let i = words.findIndex((word) => word.includes('clang++')) + 1; i < words.length; i += 1) {
    if (['-o', '-c', '-Xclang'].includes(words[i])) i += 1;
    else if (words[i] === '-isystem') flags.push(`-isystem${words[(i += 1)]}`);
    else flags.push(words[i].replaceAll('\\"', '"'));
  }
  return flags;
}

/** The types and constants that a text declares at the start of its lines, where nothing is indented. */
function typesAndConstants(text) {
  const types = /^(?:template .*)?(?:(?:struct|class|enum class|enum|union) (\w+)\b(?!::|;)|using (\w+) =)/gm;
  const constants = /^(?:template .*)?(?:inline |static |const |constexpr )+.*?\b(k[A-Z]\w*)/gm;
  return [...text.matchAll(types), ...text.matchAll(constants)].map((match) => match[1] ?? match[2]);
}

/** All that a source declares where others could declare it too, by name, each with what it names. */
function declaredNames(text) {
  const names = new Map();
  const add = (name) => names.set(name, Symbol('of this source alone'));
  const declared = /(?<![:\w])(?!static_assert|defined|decltype)(\w+)(?:\(|\{|\[| =)/g;
  for (const line of text.match(/^[A-Za-z#].*$/gm) ?? []) {
    const using = /^using ((?:\w+::)*(\w+));/.exec(line);
    const test = /^(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\((\w+), *(\w+)/.exec(line);
    if (using) names.set(using[2], using[1]);
    else if (test) add(`${test[1]}.${test[2]}`);
    else for (const match of line.matchAll(declared)) add(match[1]);
    for (const match of line.matchAll(/^#define (\w+)/g)) add(match[1]);
  }
  typesAndConstants(text).forEach(add);
  return names;
}

/** Whether a source mentions a name that another one hides from it. */
function mentionsHidden(source, hidden) {
  return hidden.some(([name, what]) => source.words.has(name) && source.names.get(name) !== what);
}

/** Whether a text has room for a source, and none of its names for something else. */
function fits(group, source) {
  if (group.isAlone || source.isAlone) return false;
  if (group.bytes + source.text.length > TEXT_BYTES_MAX) return false;
  for (const [name, what] of source.names)
    if (group.names.has(name) && group.names.get(name) !== what) return false;
  return group.sources.every((each) =>
    !mentionsHidden(each, source.hidden) && !mentionsHidden(source, each.hidden));
}

function addTo(group, source) {
  group.sources.push(source);
  group.bytes += source.text.length;
  for (const [name, what] of source.names) group.names.set(name, what);
}

function find(pattern) {
  return execFileSync('find', [...TREES, '-name', 'node_modules', '-prune', '-o', '-name', pattern, '-print'],
    { encoding: 'utf8' }).trim().split('\n').sort();
}

function readSources() {
  const commands = new Map();
  for (const entry of JSON.parse(readFileSync(join(build, 'compile_commands.json'), 'utf8')))
    commands.set(relative(root, resolve(entry.directory, entry.file)), entry.command);
  // A source with a name of a header's, or of a namespace, hides it from the sources behind it.
  const inHeaders = new Set(find('*.h').map((path) => readFileSync(path, 'utf8')).flatMap((text) =>
    [...typesAndConstants(text), ...(/^namespace [\w:]*?(\w+) \{/m.exec(text)?.slice(1) ?? [])]));
  const sources = [];
  for (const path of find('*.cc')) {
    const command = commands.get(path);
    if (command !== undefined) {
      const text = readFileSync(path, 'utf8');
      const names = declaredNames(text);
      const ownTypes = new Set(typesAndConstants(text));
      sources.push({
        path,
        text,
        flags: flagsOf(command),
        names,
        hidden: [...names].filter(([name, what]) =>
          inHeaders.has(name) && (ownTypes.has(name) || typeof what === 'string')),
        words: new Set(text.match(/\w+/g)),
        isAlone: /^int main\(/m.test(text),
      });
    } else if (path !== 'bench/micro.cc') {  // Google Benchmark is not installed for the tests
      fail(`${path} is not built in ${build}`);
    }
  }
  return sources;
}

/** The sources as groups of those that are looked at together, the largest first. */
function makeGroups(sources) {
  const trees = new Map();
  for (const source of sources) {
    const rules = rulesOf(source.path);
    if (!trees.has(rules)) trees.set(rules, { flags: new Set(), groups: [] });
    const { flags, groups } = trees.get(rules);
    source.flags.forEach((flag) => flags.add(flag));
    let group = groups.find((each) => fits(each, source));
    if (!group) {
      group = { sources: [], bytes: 0, names: new Map(), flags, isAlone: source.isAlone };
      groups.push(group);
    }
    addTo(group, source);
  }
  return [...trees.values()].flatMap((tree) => tree.groups).sort((a, b) => b.bytes - a.bytes);
}

/** `said` with the places of a text, which stands at `path`, as places of its sources. */
function atHome(said, path, sources) {
  const place = (digits) => {
    let line = Number(digits);
    for (const source of sources) {
      const lines = source.text.split('\n').length;
      if (line <= lines) return `${source.path}:${line}`;
      line -= lines;
    }
    return `${path}:${digits}`;
  };
  const [start, ...rest] = said.split(`${path}:`);
  return start + rest.map((behind) => behind.replace(/^\d+/, place)).join('');
}

/** What clang-tidy says of some sources as one text; empty: nothing. */
function lookAt(sources, flags, name) {
  const path = join(work, rulesOf(sources[0].path), `${name}.cc`);
  writeFileSync(path, sources.map((source) => source.text).join('\n'));
  const run = spawnSync(tidy, ['--quiet', path, '--', ...flags],
    { encoding: 'utf8', cwd: build, maxBuffer: 1 << 28 });
  if (run.error) fail(run.error.message);
  if (run.status === 0) return '';
  const end = run.signal ?? `exit status ${run.status}`;
  const said = atHome(run.stdout + run.stderr, path, sources);
  return `${said}${sources[0].path} and ${sources.length - 1} more: ${end}\n`;
}

/**
 * What clang-tidy says of sources that are looked at together. Where they are not C++ together, the one
 * that is at fault is looked at alone, or if it is none of them, each half.
 */
function lookAtGroup(sources, flags, name) {
  const said = lookAt(sources, flags, name);
  const fault = /^(.*?):.*error:.*clang-diagnostic-error.*/m.exec(said);
  if (!fault || sources.length === 1) return said;
  console.log(`${name} is looked at in parts: ${fault[0]}`);
  const isAtFault = (source) => source.path === fault[1];
  const middle = sources[Math.floor(sources.length / 2)].path;
  const isFirst = sources.some(isAtFault) ? isAtFault : (source) => source.path < middle;
  return lookAtGroup(sources.filter(isFirst), flags, `${name}a`) +
    lookAtGroup(sources.filter((source) => !isFirst(source)), flags, `${name}b`);
}

// The texts stand in a tree of the same rules.
for (const tree of ['.', ...TREES_WITH_RULES]) {
  mkdirSync(join(work, tree), { recursive: true });
  copyFileSync(join(tree, '.clang-tidy'), join(work, tree, '.clang-tidy'));
}
const found = makeGroups(readSources())
  .filter((group, number) => number % parts === part)
  .map((group, number) => lookAtGroup(group.sources, group.flags, `text-${number}`))
  .join('');
if (found !== '') fail(found);
