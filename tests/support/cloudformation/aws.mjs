// aws.mjs COMMAND OPERATION [ARGUMENT...]: takes the place of the AWS CLI where a document's commands are run:
// checks what can be checked without AWS, and says what is wrong. story.mjs has many of them checked one after
// another, in a world that remembers what those before have made.
//
// Source: AWS CLI Command Reference, of each command below; shorthand syntax.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { account, parameterFaults, parseTemplate, region } from './template.mjs';

const common = ['profile', 'region', 'query', 'output'];

/// The options of a command: those that it needs, and those that it may have.
const commands = {
  'cloudformation deploy': [['stack-name', 'template-file', 'parameter-overrides', 'capabilities'], []],
  'dynamodb create-table': [
    ['table-name', 'billing-mode', 'key-schema', 'attribute-definitions'], ['deletion-protection-enabled']],
  'dynamodb describe-table': [['table-name'], []],
  'dynamodb export-table-to-point-in-time': [['table-arn', 's3-bucket', 'export-format'], []],
  'dynamodb get-item': [['table-name', 'key'], ['consistent-read']],
  'dynamodb list-exports': [[], ['table-arn']],
  'dynamodb put-item': [['table-name', 'item'], []],
  'dynamodb put-resource-policy': [['resource-arn', 'policy'], []],
  'dynamodb update-continuous-backups': [['table-name', 'point-in-time-recovery-specification'], []],
  'dynamodb update-table': [['table-name'], ['stream-specification']],
  'dynamodb wait': [['table-name'], []],
  'iam create-role': [['role-name', 'assume-role-policy-document'], []],
  'iam put-role-policy': [['role-name', 'policy-name', 'policy-document'], []],
  's3 cp': [[], ['recursive']],
  's3 mb': [[], []],
};

class Fault extends Error {}
const expect = (right, fault) => {
  if (!right) throw new Fault(fault);
};

/// The accounts of the profiles that a document names.
const accounts = { default: account, other: '444455556666' };
const profileOf = (owner) => Object.keys(accounts).find((profile) => accounts[profile] === owner);

/// What is there: at first the table `orders` in each account, in the other one with a stream.
export class World {
  tables = new Map([['default', false], ['other', true]].map(([profile, hasStream]) =>
    [`${profile}/orders`, { key: ['order_id'], isActive: true, hasStream, items: [] }]));
  buckets = new Set();
  objects = new Set();
  files = new Set();
  policies = new Set();  // the ARNs that have one
  roles = new Map();  // ARN -> the resources that its policies name
  copies = new Map();  // table -> the table that it is a copy of
  views = undefined;  // what the newest package has: view -> the key of its rows

  /// A table by its name in a profile's account, or by the ARN of it or its stream.
  table(name, profile = 'default') {
    const [, , , here, owner, path] = name.split(':');
    const found = path === undefined ? `${profile}/${name}` : `${profileOf(owner)}/${path.split('/')[1]}`;
    expect(path === undefined || here === region, `${name} is of another Region`);
    const table = this.tables.get(found);
    expect(table, `nobody has made the table ${found}`);
    return table;
  }
}

/// Splits arguments into `[operand...]` and `{option: [value...]}`.
function split(list) {
  const operands = [];
  const options = {};
  let current = operands;
  for (const argument of list) {
    if (argument.startsWith('--')) current = options[argument.slice(2)] = [];
    else current.push(argument);
  }
  return { operands, options, profile: options.profile?.[0] ?? 'default' };
}

/// The JSON of a `file://` argument.
function json([argument]) {
  expect(argument?.startsWith('file://'), `${argument}: expected file://PATH`);
  const path = argument.slice('file://'.length);
  expect(existsSync(path), `there is no ${path}`);
  return JSON.parse(readFileSync(path, 'utf8'));
}

const shorthand = (text) => Object.fromEntries(text.split(',').map((pair) => pair.split('=')));

/// The attributes of an item, of which each has a type and a value.
function attributes([text]) {
  const item = JSON.parse(text);
  for (const [name, value] of Object.entries(item))
    expect(/^(S|N|B|M|L|BOOL|NULL|SS|NS|BS)$/.test(Object.keys(value).join()), `${name} has no type`);
  return item;
}

function checkPolicy(policy) {
  expect(policy.Version === '2012-10-17' && policy.Statement.length > 0, 'the policy is none');
}

/// What a stack of these parameters needs to be there.
function checkDeployed(parameters, world) {
  const { TargetTable: target, ViewTables: views, LedgerTable: ledger, SourceStreamArn: source } = parameters;
  const program = `s3://${parameters.CodeBucket}/${parameters.CodeKey}`;
  expect(world.objects.has(program), `there is no ${program}`);
  expect(world.table(source).hasStream, `${source} is none, since its table has no stream`);
  const written = [target, ...(views?.split(',') ?? []), ledger].filter(Boolean);
  for (const name of written) world.table(name);
  if (views) checkViews(parameters, world);

  const isForeign = (arn) => arn.startsWith('arn:') && arn.split(':')[4] !== account;
  const role = parameters.TargetRoleArn;
  expect(!role || world.roles.has(role), `nobody has made the role ${role}`);
  for (const arn of role ? written : []) expect(world.roles.get(role).has(arn), `${role} has no policy on ${arn}`);
  for (const arn of [source, ...(role ? [] : written)].filter(isForeign))
    expect(world.policies.has(arn), `${arn} has no policy`);
  if (target) world.copies.set(target, world.table(source));
}

/// Whether the tables of views are those that the role may write, and have the keys that the views have.
function checkViews({ Tables: pairs, ViewTables: arns }, world) {
  expect(world.views, 'the package has no views');
  const tables = Object.fromEntries(pairs.split(',').map((pair) => pair.split('=')));
  expect(Object.keys(tables).sort().join() === Object.keys(world.views).sort().join(),
    `the views are ${Object.keys(world.views)}`);
  const allowed = arns.split(',').map((arn) => arn.split('/')[1]);
  expect(allowed.sort().join() === Object.values(tables).sort().join(), `ViewTables has ${allowed}`);
  for (const [view, table] of Object.entries(tables))
    expect(world.table(table).key.join() === world.views[view].join(), `${table} has another key than ${view}`);
}

/// The keys of the rows of the views of a file, which has no comments in its statements.
export function keysOfViews(path) {
  const text = readFileSync(path, 'utf8');
  const list = (names) => names.split(',').map((name) => name.trim());
  const [, source] = text.match(/CREATE SOURCE \w+ KEY \(([^)]+)\)/);
  return Object.fromEntries([...text.matchAll(/CREATE VIEW (\w+)(?: KEY \(([^)]+)\))?/g)]
    .map(([, view, key]) => [view, list(key ?? source)]));
}

const checks = {
  'cloudformation deploy': ({ options }, world) => {
    const template = parseTemplate(readFileSync(options['template-file'][0], 'utf8'));
    const { Parameters: parameters } = json(options['parameter-overrides']);
    const faults = parameterFaults(template, parameters);
    expect(faults.length === 0, faults.join('; '));
    const capability = parameters.RoleName ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM';
    expect(options.capabilities[0] === capability, `expected ${capability}`);
    if (world) checkDeployed(parameters, world);
  },
  'dynamodb create-table': ({ options, profile }, world) => {
    const key = options['key-schema'].map(shorthand);
    const definitions = options['attribute-definitions'].map(shorthand);
    const name = ({ AttributeName }) => AttributeName;
    expect(key.map(name).join() === definitions.map(name).join(), 'other attributes than those of the key');
    expect(['HASH', 'HASH,RANGE'].includes(key.map(({ KeyType }) => KeyType).join()), 'no key');
    expect(options['billing-mode'][0] === 'PAY_PER_REQUEST', 'another billing mode');
    const table = `${profile}/${options['table-name'][0]}`;
    expect(!world?.tables.has(table), `${table} is there already`);
    world?.tables.set(table, { key: key.map(name), items: [] });
  },
  'dynamodb describe-table': ({ options, profile }, world) => {
    if (world) expect(world.table(options['table-name'][0], profile).hasStream, 'the table has no stream');
  },
  'dynamodb export-table-to-point-in-time': ({ options }, world) => {
    expect(options['export-format'][0] === 'DYNAMODB_JSON', 'an export that cannot be loaded');
    if (!world) return;
    const table = world.table(options['table-arn'][0]);
    expect(table.hasBackups, 'the table has no point-in-time recovery');
    expect(table.hasStream, 'the table has no stream that the export could be loaded beside');
    expect(world.buckets.has(options['s3-bucket'][0]), 'there is no such bucket');
    table.isExported = true;
  },
  'dynamodb list-exports': ({ options }, world) => {
    if (world) expect(world.table(options['table-arn'][0]).isExported, 'the table has no export');
  },
  'dynamodb get-item': ({ options, profile }, world) => {
    const key = attributes(options.key);
    if (!world) return;
    const [name] = options['table-name'];
    expect(Object.keys(key).join() === world.table(name, profile).key.join(), `${name} has another key`);
    const items = world.copies.get(name)?.items ?? world.table(name, profile).items;
    expect(items.some((item) => Object.entries(key).every(([attribute, value]) =>
      JSON.stringify(item[attribute]) === JSON.stringify(value))), `${name} has no such item`);
  },
  'dynamodb put-item': ({ options, profile }, world) => {
    const item = attributes(options.item);
    if (!world) return;
    const table = world.table(options['table-name'][0], profile);
    for (const name of table.key) expect(item[name], `the item has no ${name}`);
    table.items.push(item);
  },
  'dynamodb put-resource-policy': ({ options, profile }, world) => {
    const policy = json(options.policy);
    checkPolicy(policy);
    const [arn] = options['resource-arn'];
    for (const { Resource } of policy.Statement) expect(Resource === arn, `the policy is one of ${Resource}`);
    if (!world) return;
    const table = world.table(arn);
    expect(table.isActive, `nobody has waited for ${arn}`);
    expect(!arn.includes('/stream/') || table.hasStream, `there is no ${arn}`);
    expect(arn.split(':')[4] === accounts[profile], `${arn} is not of ${profile}`);
    world.policies.add(arn);
  },
  'dynamodb update-continuous-backups': ({ options, profile }, world) => {
    const { PointInTimeRecoveryEnabled } = shorthand(options['point-in-time-recovery-specification'][0]);
    expect(PointInTimeRecoveryEnabled === 'true', 'no point-in-time recovery');
    if (world) world.table(options['table-name'][0], profile).hasBackups = true;
  },
  'dynamodb update-table': ({ options, profile }, world) => {
    const { StreamEnabled, StreamViewType } = shorthand(options['stream-specification'][0]);
    expect(StreamEnabled === 'true' && StreamViewType.startsWith('NEW_'), 'no stream that can be read');
    if (world) world.table(options['table-name'][0], profile).hasStream = true;
  },
  'dynamodb wait': ({ operands, options, profile }, world) => {
    expect(operands.join() === 'table-exists', `there is no waiter ${operands}`);
    if (world) world.table(options['table-name'][0], profile).isActive = true;
  },
  'iam create-role': ({ options, profile }, world) => {
    checkPolicy(json(options['assume-role-policy-document']));
    world?.roles.set(`arn:aws:iam::${accounts[profile]}:role/${options['role-name'][0]}`, new Set());
  },
  'iam put-role-policy': ({ options, profile }, world) => {
    const policy = json(options['policy-document']);
    checkPolicy(policy);
    if (!world) return;
    const role = world.roles.get(`arn:aws:iam::${accounts[profile]}:role/${options['role-name'][0]}`);
    expect(role, `nobody has made the role ${options['role-name'][0]}`);
    for (const arn of policy.Statement.flatMap(({ Resource }) => Resource)) {
      world.table(arn);
      role.add(arn);
    }
  },
  's3 cp': ({ operands }, world) => {
    expect(operands.length === 2 && operands.some((path) => path.startsWith('s3://')), 'expected two places');
    for (const path of operands)
      expect(path.startsWith('s3://') || existsSync(path) || world?.files.has(path), `there is no ${path}`);
    if (!world) return;
    expect(world.buckets.has(operands[1].split('/')[2]), `there is no bucket for ${operands[1]}`);
    world.objects.add(operands[1]);
  },
  's3 mb': ({ operands }, world) => {
    expect(operands.length === 1 && /^s3:\/\/[a-z0-9.-]{3,63}$/.test(operands[0]), 'expected s3://BUCKET');
    world?.buckets.add(operands[0].split('/')[2]);
  },
};

/// Checks one command, alone or in a world. @throws Fault what is wrong with it
export function run([service, operation, ...rest], world) {
  const command = `${service} ${operation}`;
  expect(commands[command], 'is not known here');
  const [needed, possible] = commands[command];
  const given = split(rest);
  for (const option of needed) expect(given.options[option], `needs --${option}`);
  for (const option of Object.keys(given.options))
    expect([...needed, ...possible, ...common].includes(option), `has no --${option}`);
  expect(accounts[given.profile], `has no profile ${given.profile}`);
  checks[command](given, world);
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const name = `aws ${process.argv.slice(2, 4).join(' ')}`;
  try {
    run(process.argv.slice(2));
    console.log(`${name}: right, as far as it can be seen without AWS`);
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}
