// cases.mjs: the stacks that are looked at: those of deploy/examples/, and some with what no example has.
import { readFileSync } from 'node:fs';

import { account, region } from './template.mjs';
import { questionsOfStack } from './permissions.mjs';

const examples = new URL('../../../deploy/examples/', import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, examples)));

const other = '444455556666';
const role = 'streamonce-orders-copy';
const table = (name, owner = account) => `arn:aws:dynamodb:${region}:${owner}:table/${name}`;
const roleOf = (owner, name) => `arn:aws:iam::${owner}:role/${name}`;
const transaction = { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] };
const administrator = [{ name: 'administrator', policy: {
  Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } }];

/// Everything that the function's account might let somebody do: what of it the other account lets them do.
function questionsOfOwner(resource, resourcePolicy, allowed, refused, context) {
  const ask = (expected, name, action) => ({
    expected, principal: roleOf(account, name), policies: administrator, action, resource, resourcePolicy, context });
  return [
    ...allowed.flatMap((action) => [ask(true, role, action), ask(false, 'another', action)]),
    ...refused.map((action) => ask(false, role, action)),
    ...(context ? allowed.map((action) => ({ ...ask(false, role, action), context: undefined })) : []),
  ];
}

const ledgerMade = table('orders-copy-Ledger-1A2B3C');
const roleMade = 'orders-copy-Role-1A2B3C';

function mirror() {
  const parameters = read('mirror/parameters.json').Parameters;
  return { parameters, questions: ({ resources }) => questionsOfStack(resources, {
    stream: parameters.SourceStreamArn, tables: [table(parameters.TargetTable)], ledger: ledgerMade, role: roleMade }) };
}

function views() {
  const parameters = read('views/parameters.json').Parameters;
  const tables = parameters.Tables.split(',').map((pair) => table(pair.split('=')[1]));
  return { parameters, questions: ({ resources }) => questionsOfStack(resources, {
    stream: parameters.SourceStreamArn, tables, ledger: ledgerMade, role: roleMade, isViews: true }) };
}

/// A mirror whose images are fetched.
function fetching() {
  const parameters = { ...read('mirror/parameters.json').Parameters, Images: 'fetch' };
  return { parameters, questions: ({ resources }) => questionsOfStack(resources, { stream: parameters.SourceStreamArn,
    tables: [table(parameters.TargetTable)], ledger: ledgerMade, role: roleMade, fetches: true }) };
}

/// A mirror whose marks are in its items.
function mirrorWithMarks() {
  const parameters = { ...read('mirror/parameters.json').Parameters, Marks: 'item' };
  return { parameters, questions: ({ resources }) => questionsOfStack(resources, { stream: parameters.SourceStreamArn,
    tables: [table(parameters.TargetTable)], ledger: ledgerMade, role: roleMade, inItems: true }) };
}

/// A view whose rows have the marks of their items.
function viewWithMarks() {
  const parameters = { ...read('views/parameters.json').Parameters, Marks: 'item',
    Tables: 'open_orders=prod-open-orders', ViewTables: table('prod-open-orders') };
  return { parameters, questions: ({ resources }) => questionsOfStack(resources, { stream: parameters.SourceStreamArn,
    tables: [table('prod-open-orders')], ledger: ledgerMade, role: roleMade, isViews: true, inItems: true }) };
}

/// A case with some other parameters, of which the same is asked.
const varied = ({ parameters, questions }, extra) => ({ parameters: { ...parameters, ...extra }, questions });

/// Views whose tables are named by their ARNs, beside a ledger that is made.
function viewsByArn() {
  const { parameters } = views();
  return varied(views(), { Tables: parameters.Tables.replaceAll('=', `=${table('')}`) + ',orders=orders' });
}

function policy() {
  const parameters = read('policy/parameters.json').Parameters;
  const { TargetTable: target, LedgerTable: ledger } = parameters;
  const others = { [target]: read('policy/target-policy.json'), [ledger]: read('policy/ledger-policy.json') };
  const writes = ['dynamodb:PutItem', 'dynamodb:DeleteItem'];
  const refused = ['dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:DeleteTable', 'dynamodb:PutResourcePolicy'];
  return { parameters, questions: ({ resources }) => [
    ...questionsOfStack(resources, { stream: parameters.SourceStreamArn, tables: [target], ledger, role, others }),
    ...questionsOfOwner(target, others[target], writes, refused, transaction),
    ...questionsOfOwner(ledger, others[ledger], ['dynamodb:PutItem'], ['dynamodb:DeleteItem', ...refused], transaction),
    ...questionsOfOwner(ledger, others[ledger], ['dynamodb:BatchGetItem'], []),
  ] };
}

function byRole() {
  const parameters = read('role/parameters.json').Parameters;
  const { TargetTable: target, LedgerTable: ledger, TargetRoleArn: writer, ExternalId: id } = parameters;
  const trust = read('role/trust-policy.json');
  const policies = [{ name: 'writer', policy: read('role/writer-policy.json') }];
  return { parameters, questions: ({ resources }) => {
    const of = questionsOfStack(resources, { stream: parameters.SourceStreamArn, tables: [], ledger, role });
    const stack = of.filter(({ resource }) => resource !== ledger);
    const [{ principal, policies: own }] = stack;
    const assume = (expected, name, identity, context) => ({ expected, principal: roleOf(account, name),
      policies: identity, action: 'sts:AssumeRole', resource: writer, resourcePolicy: trust, context });
    const write = (expected, action, resource, context) => (
      { expected, principal: writer, policies, action, resource, context });
    return [
      ...stack,
      assume(true, role, own, { 'sts:ExternalId': id }),
      assume(false, role, own, { 'sts:ExternalId': 'another' }),
      assume(false, role, own),
      assume(false, 'another', administrator, { 'sts:ExternalId': id }),
      ...[target, ledger].flatMap((resource) => [
        { expected: false, principal, policies: own, action: 'dynamodb:PutItem', resource, context: transaction },
        write(true, 'dynamodb:PutItem', resource, transaction),
        write(resource === target, 'dynamodb:DeleteItem', resource, transaction),
        write(resource === ledger, 'dynamodb:BatchGetItem', resource),
        write(false, 'dynamodb:PutItem', resource),
        write(false, 'dynamodb:GetItem', resource),
      ]),
      write(false, 'dynamodb:PutItem', table('payroll', other), transaction),
    ];
  } };
}

function stream() {
  const parameters = read('stream/parameters.json').Parameters;
  const { SourceStreamArn: source } = parameters;
  const others = { [source]: read('stream/stream-policy.json') };
  const reads = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];
  return { parameters, questions: ({ resources }) => [
    ...questionsOfStack(resources, {
      stream: source, tables: [table(parameters.TargetTable)], ledger: ledgerMade, role, others }),
    ...questionsOfOwner(source, others[source], reads, []),
  ] };
}

const keys = ['source', 'target', 'ledger', 'queue', 'another'];
const key = (name) =>
  `arn:aws:kms:${region}:${account}:key/00000000-0000-4000-8000-00000000000${keys.indexOf(name)}`;

/// The role's use of keys, each with the key policy that lets its account's policies decide.
function questionsOfKeys({ resources }, questions, uses) {
  const [{ principal, policies }] = questions;
  const resourcePolicy = { Version: '2012-10-17', Statement: [{
    Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }] };
  const dynamodb = { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` };
  return uses.map(([expected, action, name, isThroughTable]) => ({
    expected, principal, policies, action: `kms:${action}`, resource: key(name), resourcePolicy,
    context: isThroughTable ? dynamodb : {} }));
}

/// A stack that has everything, most of it by ARN, and with the queue that the function reads itself.
function everything() {
  const parameters = {
    ...read('mirror/parameters.json').Parameters,
    TargetTable: table('orders-copy'),
    LedgerTable: table('ledger-of-orders'),
    RoleName: role,
    SourceKeyArn: key('source'),
    TargetKeyArns: `${key('target')},${key('ledger')}`,
    OnFailureKeyArn: key('queue'),
    OnFailure: 'queue',
    FilterPattern: '{"eventName":["INSERT"]}',
    ReservedConcurrency: '10',
    TracingMode: 'Active',
    AlarmTopicArn: `arn:aws:sns:${region}:${account}:alarms`,
  };
  return { parameters, questions: (stack) => {
    const questions = questionsOfStack(stack.resources, { stream: parameters.SourceStreamArn,
      tables: [parameters.TargetTable], ledger: parameters.LedgerTable, role });
    return [...questions, ...questionsOfKeys(stack, questions, [
      [true, 'Decrypt', 'source', true], [false, 'Encrypt', 'source', true], [false, 'Decrypt', 'source', false],
      [true, 'Encrypt', 'target', true], [true, 'GenerateDataKey', 'ledger', true],
      [false, 'Decrypt', 'target', false], [false, 'Decrypt', 'another', true],
      [true, 'GenerateDataKey', 'queue', false], [true, 'Decrypt', 'queue', false],
    ])];
  } };
}

/// A stack that brings its own destination, and has as little as there can be.
function little(destination, extra = {}) {
  const parameters = { ...read('mirror/parameters.json').Parameters, OnFailure: destination, Metrics: 'none',
    Dashboard: 'false', ...extra };
  return { parameters, questions: ({ resources }) => questionsOfStack(resources, { stream: parameters.SourceStreamArn,
    tables: [table('orders-copy')], ledger: ledgerMade, role: roleMade }) };
}

export const cases = {
  mirror: mirror(),
  views: views(),
  policy: policy(),
  role: byRole(),
  stream: stream(),
  'images that are fetched': fetching(),
  'marks in the items': mirrorWithMarks(),
  'views with marks in the items': viewWithMarks(),
  everything: everything(),
  'by ARN': varied(mirror(), { TargetTable: table('orders-copy') }),
  'views by ARN': viewsByArn(),
  'without metrics of its own': varied(mirror(), { Metrics: 'none' }),
  'a queue, without metrics of its own': varied(mirror(), { Metrics: 'none', OnFailure: 'queue' }),
  'by a role, without metrics of its own': varied(byRole(), { Metrics: 'none' }),
  'to a topic': little(`arn:aws:sns:${region}:${account}:given-up`),
  'to another queue': little(`arn:aws:sqs:${region}:${account}:given-up`),
  'to another bucket, with keys': little('arn:aws:s3:::given-up', { TargetKeyArns: key('target'), LedgerTimeToLive: 'true' }),
};

/// A value for every parameter, even for two of which a stack has one: see textFaults().
export const allParameters = {
  ...everything().parameters,
  OnFailure: `arn:aws:sqs:${region}:${account}:given-up`,
  ViewTables: table('open_orders'),
  Tables: 'open_orders=prod-open-orders',
  LedgerTable: table('ledger'),
  TargetRoleArn: roleOf(other, 'writer'),
  ExternalId: 'acme',
};

/// Parameters that, beside those of the mirror, are refused, and how.
export const refusals = [
  [{ TargetTable: '' }, 'OneTarget'],
  [{ ViewTables: table('open_orders') }, 'OneTarget'],
  [{ Tables: 'open_orders=prod-open-orders' }, 'TablesOfViews'],
  [{ TargetRoleArn: roleOf(other, 'writer') }, 'LedgerOfRole'],
  [{ ExternalId: 'acme' }, 'ExternalIdOfRole'],
  [{ TargetRoleArn: roleOf(other, 'writer'), LedgerTable: 'ledger', TargetKeyArns: key('target') }, 'KeysOfRole'],
  [{ LedgerTable: 'ledger', LedgerTimeToLive: 'true' }, 'TimeToLiveOfLedger'],
  [{ TargetTable: '', ViewTables: 'open_orders' }, 'ViewTables'],
  [{ TargetTable: 'dynamodb:orders-copy' }, 'TargetTable'],
  [{ LedgerTable: 'arn:aws:s3:::ledger' }, 'LedgerTable'],
  [{ SourceKeyArn: 'alias/mine' }, 'SourceKeyArn'],
  [{ OnFailure: 'arn:aws:lambda:eu-central-1:111122223333:function:mine' }, 'OnFailure'],
  [{ PipelineName: 'orders|copy' }, 'PipelineName'],
  [{ MaximumRecordAge: '90000' }, 'MaximumRecordAge'],
  [{ SourceStreamArn: table('orders') }, 'SourceStreamArn'],
  [{ Images: 'none' }, 'Images'],
  [{ Marks: 'items' }, 'Marks'],
];
