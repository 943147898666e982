# SPDX-License-Identifier: Apache-2.0
"""aiokafka: codecs, a group that commits."""
import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from records import BOOTSTRAP, check, topic, written


async def run(codec):
    name = topic("aiokafka")
    async with AIOKafkaProducer(
            bootstrap_servers=BOOTSTRAP, compression_type=codec, enable_idempotence=True) as producer:
        sent = [await producer.send(name, value, key) for key, value in written(codec).items()]
        check([(await f).offset for f in sent] == list(range(len(sent))), codec, "offsets")
    async with AIOKafkaConsumer(
            name, bootstrap_servers=BOOTSTRAP, group_id=f"group-{name}", auto_offset_reset="earliest",
            enable_auto_commit=False) as consumer:
        found = {}
        while len(found) < len(sent):
            record = await asyncio.wait_for(consumer.getone(), 30)
            found[record.key] = record.value
        check(found == written(codec), codec, "records differ")
        await consumer.commit()
        check(await consumer.committed(TopicPartition(name, 0)) == len(sent), codec, "committed")


for each in (None, "gzip"):
    asyncio.run(run(each))
