// A careful handler on the AWS SDK for JavaScript v3, with streamonce's guarantees: see lanes.mjs.
//
// It takes the SDK's low-level client and hands images over as they come: the document client would
// unmarshall and marshall each of them for nothing.

import { decodedMap, handlerOf } from './lanes.mjs';

const items = process.env.BENCH_ITEMS_TABLE;

export const handler = handlerOf(({ dynamodb, eventName }) => [
  eventName === 'REMOVE'
    ? { Delete: { TableName: items, Key: decodedMap(dynamodb.Keys) } }
    : { Put: { TableName: items, Item: decodedMap(dynamodb.NewImage) } },
]);
