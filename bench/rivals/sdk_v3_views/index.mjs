// The views of bench/views.cc as one would write them by hand on the AWS SDK for JavaScript v3, with
// streamonce's guarantees: the mark and the rows of all views in one transaction, and the rest as in
// sdk_v3. An item that a view has no value for fails; a view's key never changes, since it is made of
// the item's key.

import { decoded, decodedMap, handlerOf } from '../sdk_v3/lanes.mjs';
import { compare, parseDecimal, printDecimal, subtract } from './decimal.mjs';

const ZERO = parseDecimal('0');
const LARGE = parseDecimal('50000');

const numberOf = (value, name) => {
  if (value.N === undefined) throw new Error(`${name} is not a number`);
  return parseDecimal(value.N);
};

// A missing attribute, or NULL.
const isNothing = (value) => value === undefined || value.NULL === true;

const put = (table, row) => ({ Put: { TableName: table, Item: row } });
const remove = (table, key) => ({ Delete: { TableName: table, Key: key } });

const allOrders = (table, keys, image) =>
  image ? put(table, decodedMap(image)) : remove(table, keys);

const isDue = ({ status, total }) =>
  (status?.S === 'placed' || status?.S === 'paid') &&
  total?.N !== undefined &&
  compare(parseDecimal(total.N), ZERO) > 0;

const dueOrders = (table, keys, image) => {
  if (!image || !isDue(image)) return remove(table, keys);
  const { status, customer, total, discount } = image;
  const row = { pk: keys.pk, status };
  if (customer !== undefined) row.customer = decoded(customer);
  const less = isNothing(discount) ? ZERO : numberOf(discount, 'discount');
  row.due = { N: printDecimal(subtract(parseDecimal(total.N), less)) };
  return put(table, row);
};

const orderCards = (table, keys, image) => {
  const key = { pk: { S: `ORDER#${keys.pk.S}` }, sk: { S: 'CARD' } };
  if (!image) return remove(table, key);
  const { total, ship_to: address } = image;
  const row = key;
  if (address?.M?.city !== undefined) row.city = decoded(address.M.city);
  const isLarge = total?.N !== undefined && compare(parseDecimal(total.N), LARGE) >= 0;
  row.size = { S: isLarge ? 'large' : 'small' };
  return put(table, row);
};

const known = { all_orders: allOrders, due_orders: dueOrders, order_cards: orderCards };
const views = process.env.BENCH_VIEWS.split(',').map((table) => [table, known[table]]);

export const handler = handlerOf(({ dynamodb }) => {
  const keys = decodedMap(dynamodb.Keys);
  return views.map(([table, rowOf]) => rowOf(table, keys, dynamodb.NewImage));
});
