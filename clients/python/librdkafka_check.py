# SPDX-License-Identifier: Apache-2.0
"""librdkafka by confluent-kafka: codecs, acks, both kinds of group, admin, offsets by time."""
from confluent_kafka import Consumer, KafkaException, OFFSET_BEGINNING, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, OffsetSpec

from records import BOOTSTRAP, check, topic, written

admin = AdminClient({"bootstrap.servers": BOOTSTRAP})


def created(name, partitions=1, **config):
    admin.create_topics([NewTopic(name, partitions, 1, config=config)])[name].result(30)
    return name


def produce(name, codec, acks):
    errors = []
    producer = Producer({
        "bootstrap.servers": BOOTSTRAP, "compression.type": codec, "acks": acks,
        "enable.idempotence": acks == "all", "linger.ms": 5})
    for key, value in written(codec).items():
        producer.produce(name, value, key, on_delivery=lambda error, _: error and errors.append(error))
        producer.poll(0)
    check(producer.flush(30) == 0 and not errors, codec, acks, "not delivered", errors[:1])


def consume(name, group, protocol, expected, count=None):
    consumer = Consumer({
        "bootstrap.servers": BOOTSTRAP, "group.id": group, "group.protocol": protocol,
        "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([name])
    found = {}
    while len(found) < len(expected):
        message = consumer.poll(30)
        check(message is not None, "nothing came", name, len(found))
        check(message.error() is None, message.error())
        found[message.key()] = message.value()
    check(found == expected, "records differ", name)
    consumer.commit(asynchronous=False)
    consumer.close()


for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
    for acks in ("0", "1", "all"):
        name = created(topic("rdkafka"))
        produce(name, codec, acks)
        consume(name, f"group-{name}", "classic", written(codec))

name = created(topic("rdkafka"), 2, **{"max.message.bytes": "900000"})
produce(name, "zstd", "all")
for protocol in ("classic", "consumer"):
    consume(name, f"{protocol}-{name}", protocol, written("zstd"))
    committed = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": f"{protocol}-{name}"}).committed(
        [TopicPartition(name, 0), TopicPartition(name, 1)], 30)
    check(sum(p.offset for p in committed) == len(written("zstd")), protocol, "committed", committed)

resource = ConfigResource(ConfigResource.Type.TOPIC, name)
configs = admin.describe_configs([resource])[resource].result(30)
check(configs["max.message.bytes"].value == "900000", "config", configs["max.message.bytes"])
ends = admin.list_offsets({TopicPartition(name, p): OffsetSpec.latest() for p in (0, 1)})
check(sum(f.result(30).offset for f in ends.values()) == len(written("zstd")), "ends")
admin.create_partitions([NewPartitions(name, 3)])[name].result(30)
deleted = admin.delete_records([TopicPartition(name, 0, 10)])
check([f.result(30).low_watermark for f in deleted.values()] == [10], "low watermark")

producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": "t"})
try:
    producer.init_transactions(15)
    producer.begin_transaction()
    producer.produce(name, b"in a transaction")
    producer.commit_transaction(15)
except KafkaException as e:
    # Not offered yet: then the client must be told so at once, not run into its time-out.
    check(e.args[0].fatal() or not e.args[0].retriable(), "transactions neither work nor are refused", e)

admin.delete_topics([name])[name].result(30)
