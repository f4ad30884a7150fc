// Sends a batch under a partition key, reads it back from its partition, prints what it got as JSON.
import { EventHubConsumerClient, EventHubProducerClient } from "@azure/event-hubs";

const [connectionString, hub, key] = process.argv.slice(2);
const producer = new EventHubProducerClient(connectionString, hub);
const properties = await producer.getEventHubProperties();
const before = {};
for (const id of properties.partitionIds) {
  before[id] = (await producer.getPartitionProperties(id)).lastEnqueuedSequenceNumber;
}
const batch = await producer.createBatch({ partitionKey: key });
for (const number of [1, 2, 3]) {
  const added = batch.tryAdd({
    body: { number, text: "ü" },
    contentType: "application/json",
    properties: { eventType: "Counted" },
  });
  if (!added) throw new Error("the batch is full");
}
await producer.sendBatch(batch);

const consumer = new EventHubConsumerClient("$Default", connectionString, hub);
const received = [];
await new Promise((resolve, reject) => {
  for (const id of properties.partitionIds) {
    consumer.subscribe(
      id,
      {
        processEvents: async (events) => {
          received.push(...events.filter((event) => event.partitionKey === key));
          if (received.length >= 3) resolve();
        },
        processError: async (error) => reject(error),
      },
      { startPosition: { sequenceNumber: before[id] }, maxWaitTimeInSeconds: 1 },
    );
  }
});
console.log(
  JSON.stringify({
    name: properties.name,
    events: received.map(({ body, contentType, properties, sequenceNumber }) => ({
      body,
      contentType,
      properties,
      sequenceNumber,
    })),
  }),
);
await consumer.close();
await producer.close();
