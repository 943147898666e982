// SPDX-License-Identifier: Apache-2.0
// KafkaJS: admin, both codecs it has, a group that commits.
const { Kafka, CompressionTypes, logLevel } = require('kafkajs');

const kafka = new Kafka({ brokers: [process.argv[2]], logLevel: logLevel.ERROR });
const count = 500;

function check(condition, ...what) {
  if (!condition) throw new Error(what.join(' '));
}

async function run(codec) {
  const topic = `kafkajs-${Math.floor(Math.random() * 1e9)}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });

  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const messages = [...Array(count).keys()].map((i) => ({ key: `${i}`, value: `value ${i}` }));
  await producer.send({ topic, compression: codec, acks: -1, messages });
  await producer.disconnect();

  const groupId = `group-${topic}`;
  const consumer = kafka.consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const found = [];
  await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`read ${found.length} of ${count}`)), 60000).unref();
    consumer.run({
      eachMessage: async ({ message }) => {
        found.push(`${message.offset} ${message.key} ${message.value}`);
        if (found.length === count) resolve();
      },
    }).catch(reject);
  });
  await consumer.commitOffsets([{ topic, partition: 0, offset: `${count}` }]);
  await consumer.disconnect();
  found.forEach((line, i) => check(line === `${i} ${i} value ${i}`, 'record differs', line));
  const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
  check(committed.partitions[0].offset === `${count}`, 'committed', committed.partitions[0].offset);
  const [end] = await admin.fetchTopicOffsets(topic);
  check(end.high === `${count}`, 'end', end.high);
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
}

run(CompressionTypes.None)
  .then(() => run(CompressionTypes.GZIP))
  .catch((e) => {
    console.error(`kafkajs: ${e.message}`);
    process.exit(1);
  });
