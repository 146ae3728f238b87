// The views of bench/views.cc that have to remember, as one would write them by hand on the AWS SDK
// for JavaScript v3, with streamonce's guarantees: lanes and answers are those of sdk_v3. An item's
// mark holds what was written of it. It is read consistently, and written in one transaction with the
// rows that come and go and with what totals change by, under the condition that it is the one that
// was read. If it is not, the mark that came back with the refusal is what the difference is made from
// next, without another read.

import { GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';

import { client, decoded, decodedMap, entryOf, handlerWith, ledger, versionOf } from '../sdk_v3/lanes.mjs';
import { parseDecimal, printDecimal, subtract } from '../sdk_v3_views/decimal.mjs';

const ATTEMPTS = 10;
const PAUSE_MS = 20;
const ZERO = parseDecimal('0');
const suffix = process.env.BENCH_VIEWS_SUFFIX;

const sameKey = (a, b) => Object.keys(a).every((name) => a[name].S === b[name].S);

// A view of rows remembers the key of the item's row; `rowOf` gives the row, or nothing.
const rowsOf = (table, keyNames, rowOf) => (before, image) => {
  const row = image && rowOf(image);
  const key = row && Object.fromEntries(keyNames.map((name) => [name, row[name]]));
  const actions = [];
  if (before && !(key && sameKey(before.M, key)))
    actions.push({ Delete: { TableName: table, Key: before.M } });
  if (row) actions.push({ Put: { TableName: table, Item: row } });
  return { actions, after: key && { M: key } };
};

const addition = (table, id, orders, spent) => {
  const parts = [];
  const values = {};
  if (orders !== 0) {
    parts.push('orders :o');
    values[':o'] = { N: String(orders) };
  }
  if (spent.digits !== 0n) {
    parts.push('spent :s');
    values[':s'] = { N: printDecimal(spent) };
  }
  if (parts.length === 0) return [];
  return [
    {
      Update: {
        TableName: table,
        Key: { id },
        UpdateExpression: `ADD ${parts.join(', ')}`,
        ExpressionAttributeValues: values,
      },
    },
  ];
};

// A view of totals remembers the item's group and what it has added there; `groupOf` gives the group,
// or nothing.
const totalsOf = (table, groupOf) => (before, image) => {
  const group = image && groupOf(image);
  const spent = group && parseDecimal(image.total.N);
  const after = group && { M: { id: { S: group }, spent: { N: printDecimal(spent) } } };
  const had = before && { id: before.M.id, spent: parseDecimal(before.M.spent.N) };
  const id = { S: group };
  if (had && group && had.id.S === group)
    return { actions: addition(table, id, 0, subtract(spent, had.spent)), after };
  const actions = [];
  if (had) actions.push(...addition(table, had.id, -1, subtract(ZERO, had.spent)));
  if (group) actions.push(...addition(table, id, 1, spent));
  return { actions, after };
};

const customerOrder = ({ pk, status, customer, total }) => {
  if (customer?.S === undefined) return undefined;
  const row = { pk: { S: `CUST#${customer.S}` }, sk: { S: `ORDER#${pk.S}` }, order_id: pk };
  if (status !== undefined) row.status = decoded(status);
  if (total !== undefined) row.total = decoded(total);
  return row;
};
const isCounted = ({ status, total }) => status?.S !== 'cancelled' && total?.N !== undefined;

const known = {
  customer_orders: (table) => rowsOf(table, ['pk', 'sk'], customerOrder),
  order_totals: (table) => totalsOf(table, (image) => isCounted(image) && 'all'),
  region_totals: (table) =>
    totalsOf(table, (image) => isCounted(image) && image.customer?.S.slice(12, 14)),
};
const views = process.env.BENCH_VIEWS.split(',').map((name) => [name, known[name](name + suffix)]);

const pause = (attempt) =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS * 2 ** attempt));

const markWith = (name, record, memory, entry) => {
  const item = entryOf(name, record);
  if (Object.keys(memory).length > 0) item.w = { M: memory };
  const put = { TableName: ledger, Item: item, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  if (entry) {
    put.ConditionExpression = 'v = :seen';
    put.ExpressionAttributeValues = { ':seen': entry.v };
  } else {
    put.ConditionExpression = 'attribute_not_exists(id)';
  }
  return { Put: put };
};

const actionsOf = (name, record, entry) => {
  const image = record.dynamodb.NewImage && decodedMap(record.dynamodb.NewImage);
  const actions = [];
  const memory = {};
  for (const [view, differenceOf] of views) {
    const { actions: more, after } = differenceOf(entry?.w?.M[view], image);
    actions.push(...more);
    if (after) memory[view] = after;
  }
  return [markWith(name, record, memory, entry), ...actions];
};

const apply = async (name, record) => {
  const key = { id: { S: name } };
  const read = new GetItemCommand({ TableName: ledger, Key: key, ConsistentRead: true });
  let entry = (await client.send(read)).Item;
  for (let attempt = 0; ; ++attempt) {
    if (entry && entry.v.S >= versionOf(record)) return;
    try {
      const actions = actionsOf(name, record, entry);
      await client.send(new TransactWriteItemsCommand({ TransactItems: actions }));
      return;
    } catch (error) {
      if (error.name !== 'TransactionCanceledException' || attempt + 1 === ATTEMPTS) throw error;
      const [mark] = error.CancellationReasons;
      if (mark.Code === 'ConditionalCheckFailed') {
        entry = mark.Item;
      } else if (error.CancellationReasons.some(({ Code }) => Code === 'TransactionConflict')) {
        await pause(attempt);
      } else {
        throw error;
      }
    }
  }
};

export const handler = handlerWith(apply);
