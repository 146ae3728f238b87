#!/usr/bin/env node
// arrows.mjs [--table]: holds every #include of the product in this folder against tests/arrows.txt,
// which says what each room may see. --table: prints the rooms, too, as they are.
//
// What fails: a file in no room; an include of a file that is not there, or of one that no arrow
// leads to; an arrow that no include needs; a circle, be it of rooms or of headers.

import {readFileSync, readdirSync} from 'node:fs';

const kArrows = 'tests/arrows.txt';
const kTrees = ['runtime', 'events', 'handler'];
const kSystem = /^(arpa\/inet|netinet\/in|sys\/.*|fcntl|fts|getopt|malloc|poll|spawn|strings|unistd)(\.h)?$/;

let failed = false;
function complain(text) {
  console.error(`arrows: ${text}`);
  failed = true;
}

function sourcesBelow(folder) {
  return readdirSync(folder, {withFileTypes: true}).sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap(entry => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return sourcesBelow(path);
      return /\.(h|cc)$/.test(path) ? [path] : [];
    });
}

// The list of arrows: what each room, and each library between angle brackets, has behind its colon.
function readArrows() {
  const rooms = new Map();
  const libraries = new Map();
  const text = readFileSync(kArrows, 'utf8').replace(/#.*/g, '').replace(/\n +/g, ' ');
  for (const line of text.split('\n').filter(line => line.trim() !== '')) {
    const [name, others] = line.split(':');
    const known = name.startsWith('<') ? libraries : rooms;
    if (others === undefined || known.has(name)) complain(`${kArrows}: not understood: ${line}`);
    else known.set(name, new Set(others.split(' ').filter(other => other !== '')));
  }
  return {rooms, libraries};
}

// The room of a file or folder: the longest of the rooms that its path lies under.
function roomOf(rooms, path) {
  for (let room = path; room !== ''; room = room.substring(0, Math.max(room.lastIndexOf('/'), 0)))
    if (rooms.has(room)) return room;
  return undefined;
}

function includesOf(source) {
  return readFileSync(source, 'utf8').split('\n').flatMap((line, index) => {
    const found = line.match(/^\s*#\s*include\s*(["<])(.*?)[">]/);
    return found ? [{place: `${source}:${index + 1}`, own: found[1] === '"', path: found[2]}] : [];
  });
}

// Calls `visit` for each node once, those behind its edges first. A circle is complained of.
function depthFirst(nodes, edgesOf, visit) {
  const done = new Set();
  const way = [];
  const walk = node => {
    if (done.has(node)) return;
    if (way.includes(node))
      return complain(`a circle: ${[...way.slice(way.indexOf(node)), node].join(' -> ')}`);
    way.push(node);
    for (const other of edgesOf(node)) walk(other);
    way.pop();
    done.add(node);
    visit(node);
  };
  for (const node of nodes) walk(node);
}

function checkInclude(include, room, {rooms, libraries}, used) {
  if (include.own) {
    const other = roomOf(rooms, include.path);
    if (other === undefined || other === room) return;
    if (rooms.get(room).has(other)) used.add(`${room}: ${other}`);
    else complain(`${include.place}: includes ${include.path}: ${room} may not see ${other}`);
    return;
  }
  if (!include.path.includes('.') || kSystem.test(include.path)) return;  // C++'s own, or POSIX's
  let known = false;
  for (const [library, seenBy] of libraries) {
    if (!`<${include.path}>`.startsWith(library.slice(0, -1))) continue;
    known = true;
    const name = [...seenBy].find(each => include.place.startsWith(`${each}/`) ||
                                          include.place.startsWith(`${each}:`));
    if (name !== undefined) used.add(`${library}: ${name}`);
    else complain(`${include.place}: includes <${include.path}>: ${room} may not see ${library}`);
  }
  if (!known) complain(`${include.place}: includes <${include.path}>: ${kArrows} names no such library`);
}

const arrows = readArrows();
const sources = kTrees.flatMap(sourcesBelow);
const used = new Set();
const headers = new Map();
const lines = new Map();
for (const source of sources) {
  const room = roomOf(arrows.rooms, source);
  if (room === undefined) {
    complain(`${source} is in no room: ${kArrows} must say what it may see`);
    continue;
  }
  lines.set(room, (lines.get(room) ?? 0) + readFileSync(source, 'utf8').split('\n').length - 1);
  const includes = includesOf(source);
  headers.set(source, includes.filter(include => include.own).map(include => include.path));
  for (const include of includes) {
    if (include.own && !sources.includes(include.path))
      complain(`${include.place}: includes ${include.path}, which is not there`);
    else checkInclude(include, room, arrows, used);
  }
}
for (const [name, others] of [...arrows.rooms, ...arrows.libraries]) {
  for (const other of others) {
    if (!used.has(`${name}: ${other}`)) complain(`${kArrows}: nothing needs ${name}: ${other}`);
  }
  if (!name.startsWith('<') && !lines.has(name)) complain(`${kArrows}: ${name} is empty`);
}
const floors = new Map();
depthFirst(arrows.rooms.keys(), room => arrows.rooms.get(room) ?? [], room => {
  floors.set(room, 1 + Math.max(0, ...[...arrows.rooms.get(room) ?? []].map(each => floors.get(each) ?? 0)));
});
depthFirst(headers.keys(), header => headers.get(header) ?? [], () => {});

if (process.argv[2] === '--table') {
  console.log('| room | floor | lines | sees |\n|---|---|---|---|');
  for (const [room, sees] of arrows.rooms)
    console.log(`| ${room} | ${floors.get(room)} | ${lines.get(room) ?? 0} | ${[...sees].join(', ')} |`);
}
process.exit(failed ? 1 : 0);
