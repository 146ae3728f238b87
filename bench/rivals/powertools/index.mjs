// Powertools for AWS Lambda (TypeScript), batch and idempotency together as its documentation shows
// ("Idempotency", "Working with batches"): each record's function is made idempotent by the event's
// id, and failures are told one by one. Mark and item are not one transaction, and the records of an
// item are not kept in order: that is what the documentation shows.

import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({});
const processor = new BatchProcessor(EventType.DynamoDBStreams);
const persistenceStore = new DynamoDBPersistenceLayer({
  tableName: process.env.BENCH_LEDGER_TABLE,
});
const config = new IdempotencyConfig({ eventKeyJmesPath: 'eventID' });
const TableName = process.env.BENCH_ITEMS_TABLE;

const processIdempotently = makeIdempotent(
  async (record) => {
    const { Keys, NewImage } = record.dynamodb;
    if (record.eventName === 'REMOVE') await client.send(new DeleteItemCommand({ TableName, Key: Keys }));
    else await client.send(new PutItemCommand({ TableName, Item: NewImage }));
  },
  { persistenceStore, config },
);

export const handler = async (event, context) => {
  config.registerLambdaContext(context);
  return processPartialResponse(event, processIdempotently, processor, { context });
};
