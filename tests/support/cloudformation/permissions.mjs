// permissions.mjs: what the policies of a stack and of another account allow, and what they do not.
import { runSimulation } from '@cloud-copilot/iam-simulate';

import { account, region } from './template.mjs';

const transaction = { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] };
const batch = { 'dynamodb:EnclosingOperation': ['BatchWriteItem'] };

const accountOf = (arn) => arn.split(':')[4] || account;

/// The statements of a role of the stack, as identity policies.
export function identityPolicies(resources) {
  return resources.Role.Properties.Policies
    .map(({ PolicyName, PolicyDocument }) => ({ name: PolicyName, policy: PolicyDocument }));
}

/// Whether `principal` may do `action`; throws where a policy or the question is wrong in itself, as with
/// an action that does not exist.
async function allowed({ principal, policies, action, resource, context = {}, resourcePolicy }) {
  const everything = { name: 'all', policy: {
    Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } };
  const answer = await runSimulation({
    request: {
      principal, action,
      resource: { resource, accountId: accountOf(resource) },
      contextVariables: { 'aws:PrincipalArn': principal, 'aws:SecureTransport': 'true', ...context },
    },
    identityPolicies: policies,
    resourcePolicy,
    serviceControlPolicies: [{ orgIdentifier: 'r-1', policies: [everything] }],
    resourceControlPolicies: [],
  }, {});
  if (answer.resultType === 'error') throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === 'Allowed';
}

/// Asks all questions, and tells which are answered otherwise than expected, one line each.
export async function permissionFaults(questions) {
  const faults = [];
  for (const { expected, ...question } of questions) {
    let found;
    try {
      found = await allowed(question);
    } catch (error) {
      faults.push(error.message);
      continue;
    }
    if (found !== expected)
      faults.push(`${question.principal} ${found ? 'may' : 'may not'} ${question.action} on ${question.resource}` +
        ` with ${JSON.stringify(question.context ?? {})}`);
  }
  return faults;
}

const table = (name, owner = account) => `arn:aws:dynamodb:${region}:${owner}:table/${name}`;

/// What each stack's role must and must not be allowed. `tables` are those written, `ledger` is the ledger's
/// ARN; `inItems` is whether marks are in the items; `others` are the resource policies of another account, by
/// ARN.
export function questionsOfStack(resources, {
  stream, tables, ledger, isViews = false, inItems = false, fetches = false, role, others = {} }) {
  const principal = `arn:aws:iam::${account}:role/${role}`;
  const policies = identityPolicies(resources);
  const questions = [];
  const ask = (expected, action, resource, context) => questions.push(
    { expected, principal, policies, action, resource, context, resourcePolicy: others[resource] });
  const reads = ['DescribeStream', 'GetRecords', 'GetShardIterator'];
  for (const action of reads) {
    ask(true, `dynamodb:${action}`, stream);
    ask(false, `dynamodb:${action}`, `${table('payroll')}/stream/2026-01-01T00:00:00.000`);
  }
  ask(true, 'dynamodb:ListStreams', '*');
  const source = stream.slice(0, stream.indexOf('/stream/'));
  ask(fetches, 'dynamodb:BatchGetItem', source);
  for (const action of ['GetItem', 'Scan', 'PutItem']) ask(false, `dynamodb:${action}`, source);
  ask(false, 'dynamodb:BatchGetItem', table('payroll'));

  for (const written of [...tables, ledger]) {
    const isLedger = written === ledger;
    for (const action of ['PutItem', 'DeleteItem']) {
      const isPlain = inItems && !isLedger && action === 'PutItem';
      ask(action === 'PutItem' || !isLedger, `dynamodb:${action}`, written, transaction);
      ask(isPlain, `dynamodb:${action}`, written);
      if (!isPlain) ask(false, `dynamodb:${action}`, written, batch);
    }
    ask(isViews && !inItems && !isLedger, 'dynamodb:UpdateItem', written, transaction);
    ask(false, 'dynamodb:UpdateItem', written);
    ask(isLedger || (isViews && inItems), 'dynamodb:BatchGetItem', written);
    ask(isLedger && inItems, 'dynamodb:ConditionCheckItem', written);
    ask(!isLedger && inItems, 'dynamodb:Scan', written);
    for (const action of ['GetItem', 'Query', 'DeleteTable', 'UpdateTable', 'PutResourcePolicy'])
      ask(false, `dynamodb:${action}`, written);
  }
  for (const other of [table('payroll'), table('prod-payroll'), table('orders'), table('orders-copy', '999999999999')])
    ask(false, 'dynamodb:PutItem', other, transaction);
  return [...questions, ...questionsOfSurroundings(resources, principal, policies)];
}

/// What is no matter of tables and streams: logs, what was given up, and other roles.
function questionsOfSurroundings(resources, principal, policies) {
  const questions = [];
  const ask = (expected, action, resource, context, resourcePolicy) => questions.push(
    { expected, principal, policies, action, resource, context, resourcePolicy });
  const group = (name) => `arn:aws:logs:${region}:${account}:log-group:${name}:log-stream:one`;
  for (const action of ['CreateLogStream', 'PutLogEvents']) {
    ask(true, `logs:${action}`, group(resources.Function.Properties.LoggingConfig.LogGroup));
    ask(false, `logs:${action}`, group('/aws/lambda/other'));
  }
  ask(false, 'iam:PassRole', `arn:aws:iam::${account}:role/other`);
  ask(false, 'sts:AssumeRole', `arn:aws:iam::${account}:role/other`);
  ask(false, 's3:PutObject', 'arn:aws:s3:::other/aws/lambda/1');
  const destination = resources.Mapping.Properties.DestinationConfig?.OnFailure?.Destination ?? '';
  const kind = destination.split(':')[2];
  if (kind === 's3') {
    const policy = resources.BucketPolicy?.Properties.PolicyDocument;
    ask(true, 's3:PutObject', `${destination}/aws/lambda/1`, {}, policy);
    if (policy)
      ask(false, 's3:PutObject', `${destination}/aws/lambda/1`, { 'aws:SecureTransport': 'false' }, policy);
    ask(true, 's3:ListBucket', destination, {}, policy);
    ask(false, 's3:GetObject', `${destination}/aws/lambda/1`, {}, policy);
    ask(false, 's3:DeleteObject', `${destination}/aws/lambda/1`, {}, policy);
  }
  ask(kind === 'sqs', 'sqs:SendMessage', kind === 'sqs' ? destination : `arn:aws:sqs:${region}:${account}:any`);
  ask(kind === 'sns', 'sns:Publish', kind === 'sns' ? destination : `arn:aws:sns:${region}:${account}:any`);
  ask(false, 'sqs:SendMessage', `arn:aws:sqs:${region}:${account}:other`);
  for (const action of ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'])
    ask('QueueMapping' in resources, `sqs:${action}`,
      kind === 'sqs' ? destination : `arn:aws:sqs:${region}:${account}:any`);
  const traced = resources.Function.Properties.TracingConfig.Mode === 'Active';
  ask(traced, 'xray:PutTraceSegments', '*');
  return questions;
}
