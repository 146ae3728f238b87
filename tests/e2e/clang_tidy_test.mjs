// clang_tidy_test.mjs BUILD PART PARTS: holds the sources against .clang-tidy, of which there is one in
// each tree that has rules of its own: the product's files and headers against all checks. BUILD has the
// compilation database, from Clang. The work is dealt out to PARTS parts; PART counts from 0.
//
// Most of the time goes to the headers of libraries, which are looked at again for each source. So
// sources are looked at as one text, with all that any source of their tree is compiled with. A name
// that several of them declare gets a number behind it in all but one of them, and one that hides what a
// header declares in all of them; where that cannot be done safely, the sources are in different texts. A
// program's main() is looked at alone: what it calls is not to be seen through.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const TEXT_BYTES_MAX = 500_000;
const PRODUCT_COSTS = 5;  // times what a text of the same length costs with fewer checks
const TREES_WITH_RULES = ['tests', 'bench'];
const TREES = ['runtime', 'events', 'handler', 'tests', 'bench'];

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
process.chdir(root);
const [build, part, parts] = [resolve(process.argv[2]), Number(process.argv[3]), Number(process.argv[4])];
const work = join(build, `clang-tidy-${part}`);
const tidy = spawnSync('clang-tidy-14', ['--version']).error ? 'clang-tidy' : 'clang-tidy-14';

/** What stands before a name that is no member's, no namespace's and no other word's end. */
const OF_NO_OTHER = '(?<![.:\\w]|->)';

/** What a source declares for others: a header has it. */
const OF_A_HEADER = Symbol('of a header');

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
  const constants = /^(?:template .*)?(?:inline |static |const |constexpr )+.*?\b(k[A-Z]\w*)(?=[[{(]| =)/gm;
  return [...text.matchAll(types), ...text.matchAll(constants)].map((match) => match[1] ?? match[2]);
}

/** Whether a name is that which libFuzzer looks for: each target has it, and no header. */
function isFuzzed(name) {
  return name === 'LLVMFuzzerTestOneInput';
}

/** What a line that declares something at its start has before its first bracket or `=`; or nothing. */
function declaredIn(line) {
  const declared = /(?<![:<.>\w])(?!static_assert|defined|decltype|noexcept|PrintTo|bool\b|[A-Z_]+\b)(\w*[^\W_])(?:\(|\{|\[| =)/;
  return declared.exec(line)?.slice(1, 2) ?? [];
}

/** All that a source declares where others could declare it too, by name, each with what it names. */
function declaredNames(text) {
  const names = new Map();
  const add = (name) => names.set(name, Symbol('of this source alone'));
  let isOwn = false;
  for (const line of text.match(/^[A-Za-z#}].*$/gm) ?? []) {
    if (line === 'namespace {' || line === '}  // namespace') isOwn = line === 'namespace {';
    const using = /^using ((?:\w+::)*(\w+));/.exec(line) ?? /^(using (enum) [\w:]+);/.exec(line);
    const alias = /^namespace (\w+) = /.exec(line);
    const test = /^(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\((\w+), *(\w+)/.exec(line);
    if (using) names.set(using[2], using[1]);
    else if (alias) names.set(alias[1], line);
    else if (test) add(`${test[1]}.${test[2]}`);
    else for (const name of declaredIn(line))
      isOwn || !line.includes(`${name}(`) || isFuzzed(name) ? add(name) : names.set(name, OF_A_HEADER);
    for (const match of line.matchAll(/^#define (\w+)/g)) add(match[1]);
  }
  typesAndConstants(text).forEach(add);
  return names;
}

/** A source with all that is asked of its text. */
function describe(source) {
  const { text, inHeaders, functionsOfHeaders } = source;
  const names = declaredNames(text);
  const ownTypes = new Set(typesAndConstants(text));
  return {
    ...source,
    names,
    hidden: [...names].filter(([name, what]) =>
      ((inHeaders.get(name) ?? 0) > (typeof what === 'string' ? 1 : 0) &&
        (ownTypes.has(name) || typeof what === 'string')) ||
      (functionsOfHeaders.has(name) && typeof what === 'symbol' && what !== OF_A_HEADER)),
    words: new Set(text.match(/\w+/g)),
    isAlone: /^int main\(/m.test(text),
  };
}

/**
 * Whether each mention of a name in a text is one of what the text itself declares, as far as can be seen.
 * A member with that name is told from it where all other mentions are calls.
 */
function isOnlyItsOwn(name, text) {
  if (new RegExp(`(?:::|^#.*)${name}\\b|\\b${name}::${name}\\b`, 'm').test(text)) return false;
  return !new RegExp(`(?:\\.|->)${name}\\b`).test(text) ||
    !new RegExp(`${OF_NO_OTHER}${name}\\b(?![(,])|^  .*[\\w>&*] ${name}\\(`, 'm').test(text);
}

/** A source with another name for one that it declares; for one that it uses, the whole of it. */
function renamed(source, name, number) {
  const what = source.names.get(name);
  if (typeof what === 'string') {
    const text = source.text.replace(`using ${what};`, '')
      .replace(new RegExp(`(?<![./:\\w]|->)${name}\\b`, 'g'), what);
    return describe({ ...source, text });
  }
  const words = isFuzzed(name) ? 'fuzz' : name;
  const other = /^[a-z]/.test(words) && !/^k[A-Z]/.test(words) ? `${words}_${number}` : `${words}${number}`;
  const mention = new RegExp(`${OF_NO_OTHER}${name}\\b`, 'g');
  return describe({ ...source, text: source.text.replace(mention, other) });
}

/** The source with other names for what a text of sources declares, too; null: it cannot have them. */
function besides(group, source) {
  let fitting = source;
  for (const [name, what] of source.names) {
    const isTaken = group.names.has(name) && group.names.get(name) !== what;
    if (!isTaken && !fitting.hidden.some(([hidden]) => hidden === name)) continue;
    const isRenamed = /^\w+$/.test(name) && name !== 'enum' && what !== OF_A_HEADER &&
      (typeof what === 'string' || isOnlyItsOwn(name, fitting.text));
    if (isRenamed) fitting = renamed(fitting, name, group.sources.length + 1);
    else if (isTaken) return null;
  }
  return fitting;
}

/** Whether a source mentions a name that another one hides from it. */
function mentionsHidden(source, hidden) {
  return hidden.some(([name, what]) => source.words.has(name) && source.names.get(name) !== what);
}

function addTo(group, source) {
  group.sources.push(source);
  group.bytes += source.text.length;
  for (const [name, what] of source.names) group.names.set(name, what);
}

/** Adds a source to a text that has room for it, and none of its names for something else. */
function isAddedTo(group, source) {
  if (group.isAlone || source.isAlone) return false;
  if (group.bytes + source.text.length > TEXT_BYTES_MAX) return false;
  const fitting = besides(group, source);
  if (!fitting) return false;
  if (group.sources.some((each) =>
    mentionsHidden(each, fitting.hidden) || mentionsHidden(fitting, each.hidden))) return false;
  addTo(group, fitting);
  return true;
}

function find(pattern) {
  return execFileSync('find', [...TREES, '-name', 'node_modules', '-prune', '-o', '-name', pattern, '-print'],
    { encoding: 'utf8' }).trim().split('\n').sort();
}

function readSources() {
  const commands = new Map();
  for (const entry of JSON.parse(readFileSync(join(build, 'compile_commands.json'), 'utf8')))
    commands.set(relative(root, resolve(entry.directory, entry.file)), entry.command);
  // A source with a name of a header's, or of a namespace, hides it from the sources behind it; with a
  // using-declaration only where headers know several of that name.
  const inHeaders = new Map();
  const functionsOfHeaders = new Set();
  for (const text of find('*.h').map((path) => readFileSync(path, 'utf8'))) {
    const names = [...typesAndConstants(text), ...(/^namespace [\w:]*?(\w+) \{/m.exec(text)?.slice(1) ?? [])];
    for (const name of new Set(names)) inHeaders.set(name, (inHeaders.get(name) ?? 0) + 1);
    for (const line of text.match(/^[A-Za-z].*\(.*$/gm) ?? [])
      declaredIn(line).forEach((name) => functionsOfHeaders.add(name));
  }
  const sources = [];
  for (const path of find('*.cc')) {
    const command = commands.get(path);
    if (command !== undefined) {
      const text = readFileSync(path, 'utf8');
      sources.push(describe({ path, inHeaders, functionsOfHeaders, text, asItIs: text, flags: flagsOf(command) }));
    } else if (path !== 'bench/micro.cc') {  // Google Benchmark is not installed for the tests
      fail(`${path} is not built in ${build}`);
    }
  }
  return sources;
}

/** The sources as groups of those that are looked at together. */
function makeGroups(sources) {
  const trees = new Map();
  for (const source of sources) {
    const rules = rulesOf(source.path);
    if (!trees.has(rules)) trees.set(rules, { flags: new Set(), groups: [] });
    const { flags, groups } = trees.get(rules);
    source.flags.forEach((flag) => flags.add(flag));
    if (groups.some((group) => isAddedTo(group, source))) continue;
    const group = { sources: [], bytes: 0, names: new Map(), flags, isAlone: source.isAlone };
    addTo(group, besides(group, source) ?? source);
    groups.push(group);
  }
  return [...trees.values()].flatMap((tree) => tree.groups);
}

/** The groups of a part: each, the longest first, is dealt to the part that has least to do by then. */
function dealt(groups) {
  const costOf = (group) => group.bytes * (rulesOf(group.sources[0].path) === '.' ? PRODUCT_COSTS : 1);
  const dealtTo = Array.from({ length: parts }, () => ({ cost: 0, groups: [] }));
  for (const group of groups.sort((a, b) => costOf(b) - costOf(a))) {
    const least = dealtTo.reduce((a, b) => (b.cost < a.cost ? b : a));
    least.groups.push(group);
    least.cost += costOf(group);
  }
  return dealtTo[part].groups;
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
  // One that is alone has its own names.
  const text = sources.length === 1 ? sources[0].asItIs : sources.map((source) => source.text).join('\n');
  writeFileSync(path, text);
  // What one source hides from another is no shadow: each by itself is compiled with that warning.
  const run = spawnSync(tidy, ['--quiet', path, '--', ...flags, '-Wno-shadow'],
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
const found = dealt(makeGroups(readSources()))
  .map((group, number) => lookAtGroup(group.sources, group.flags, `text-${number}`))
  .join('');
if (found !== '') fail(found);
