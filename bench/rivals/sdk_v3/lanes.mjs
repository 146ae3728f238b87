// What every handler with streamonce's guarantees needs on the AWS SDK for JavaScript v3: the mark and
// what is written in one transaction, the records of an item one after the other and the items in
// parallel, and the lowest sequence number that is not done in the answer.

import { DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';

export const client = new DynamoDBClient({});
export const ledger = process.env.BENCH_LEDGER_TABLE;

// As many as the SDK has sockets.
const LANES_AT_ONCE = 50;

const arnParts = (arn) => {
  const [, , , region, account, resource] = arn.split(':', 6);
  const [, table] = resource.split('/');
  return { region, account, table, label: arn.slice(arn.indexOf('/stream/') + 8) };
};

// A stream has binaries as base64, the SDK wants bytes.
export const decoded = (value) => {
  const [type] = Object.keys(value);
  const content = value[type];
  switch (type) {
    case 'B':
      return { B: Buffer.from(content, 'base64') };
    case 'BS':
      return { BS: content.map((each) => Buffer.from(each, 'base64')) };
    case 'L':
      return { L: content.map(decoded) };
    case 'M':
      return { M: decodedMap(content) };
    default:
      return value;
  }
};
export const decodedMap = (map) => {
  const result = {};
  for (const name of Object.keys(map)) result[name] = decoded(map[name]);
  return result;
};

const itemName = (record) => {
  const { region, account, table } = arnParts(record.eventSourceARN);
  const keys = record.dynamodb.Keys;
  const names = Object.keys(keys).sort();
  return `bench|${account}/${region}/${table}|${JSON.stringify(names.map((n) => [n, keys[n]]))}`;
};

export const versionOf = (record) =>
  `${arnParts(record.eventSourceARN).label}/${record.dynamodb.SequenceNumber.padStart(40, '0')}`;

export const entryOf = (name, record) => {
  const { dynamodb, eventName } = record;
  return {
    id: { S: name },
    v: { S: versionOf(record) },
    op: { S: eventName === 'REMOVE' ? 'remove' : 'put' },
    at: { N: String(Math.floor(dynamodb.ApproximateCreationDateTime)) },
  };
};

const markOf = (name, record) => {
  const entry = entryOf(name, record);
  return {
    Put: {
      TableName: ledger,
      Item: entry,
      ConditionExpression: 'attribute_not_exists(v) OR v < :v',
      ExpressionAttributeValues: { ':v': entry.v },
    },
  };
};

const apply = async (name, record, writesOf) => {
  try {
    const actions = [markOf(name, record), ...writesOf(record)];
    await client.send(new TransactWriteItemsCommand({ TransactItems: actions }));
  } catch (error) {
    // The mark has this version or a later one: it is done.
    const markCode = error.CancellationReasons?.[0]?.Code;
    if (error.name === 'TransactionCanceledException' && markCode === 'ConditionalCheckFailed')
      return;
    throw error;
  }
};

const lanesOf = (records) => {
  const lanes = new Map();
  for (const record of records) {
    const name = itemName(record);
    const lane = lanes.get(name);
    if (lane) lane.push(record);
    else lanes.set(name, [record]);
  }
  return [...lanes];
};

// A handler; `applyRecord` takes an item's name and a record of it, and throws if that is not done.
export const handlerWith = (applyRecord) => async (event) => {
  const lanes = lanesOf(event.Records);
  let lowest = null;
  const work = async () => {
    for (let lane = lanes.pop(); lane; lane = lanes.pop()) {
      const [name, records] = lane;
      for (const record of records) {
        try {
          await applyRecord(name, record);
        } catch (error) {
          console.error('record failed', record.dynamodb.SequenceNumber, error);
          const number = BigInt(record.dynamodb.SequenceNumber);
          if (lowest === null || number < lowest.number)
            lowest = { number, text: record.dynamodb.SequenceNumber };
          break;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: LANES_AT_ONCE }, work));
  return { batchItemFailures: lowest === null ? [] : [{ itemIdentifier: lowest.text }] };
};

// A handler; `writesOf` gives what a record does beside its mark, as actions of a transaction.
export const handlerOf = (writesOf) =>
  handlerWith((name, record) => apply(name, record, writesOf));
