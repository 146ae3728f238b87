// A careful handler on the AWS SDK for JavaScript v3, with streamonce's guarantees: the mark and the
// item in one transaction, the records of an item one after the other and the items in parallel, and
// the lowest sequence number that is not done in the answer.
//
// It takes the SDK's low-level client and hands images over as they come: the document client would
// unmarshall and marshall each of them for nothing.

import { DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({});
const items = process.env.BENCH_ITEMS_TABLE;
const ledger = process.env.BENCH_LEDGER_TABLE;

// As many as the SDK has sockets.
const LANES_AT_ONCE = 50;

const arnParts = (arn) => {
  const [, , , region, account, resource] = arn.split(':', 6);
  const [, table] = resource.split('/');
  return { region, account, table, label: arn.slice(arn.indexOf('/stream/') + 8) };
};

// A stream has binaries as base64, the SDK wants bytes.
const decoded = (value) => {
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
const decodedMap = (map) => {
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

const versionOf = (record) =>
  `${arnParts(record.eventSourceARN).label}/${record.dynamodb.SequenceNumber.padStart(40, '0')}`;

const transactionOf = (name, record) => {
  const { dynamodb, eventName } = record;
  const version = { S: versionOf(record) };
  const removes = eventName === 'REMOVE';
  const mark = {
    Put: {
      TableName: ledger,
      Item: {
        id: { S: name },
        v: version,
        op: { S: removes ? 'remove' : 'put' },
        at: { N: String(Math.floor(dynamodb.ApproximateCreationDateTime)) },
      },
      ConditionExpression: 'attribute_not_exists(v) OR v < :v',
      ExpressionAttributeValues: { ':v': version },
    },
  };
  const write = removes
    ? { Delete: { TableName: items, Key: decodedMap(dynamodb.Keys) } }
    : { Put: { TableName: items, Item: decodedMap(dynamodb.NewImage) } };
  return new TransactWriteItemsCommand({ TransactItems: [mark, write] });
};

const apply = async (name, record) => {
  try {
    await client.send(transactionOf(name, record));
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

export const handler = async (event) => {
  const lanes = lanesOf(event.Records);
  let lowest = null;
  const work = async () => {
    for (let lane = lanes.pop(); lane; lane = lanes.pop()) {
      const [name, records] = lane;
      for (const record of records) {
        try {
          await apply(name, record);
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
