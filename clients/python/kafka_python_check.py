# SPDX-License-Identifier: Apache-2.0
"""kafka-python: codecs, a group that commits and goes on."""
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from records import BOOTSTRAP, check, topic, written

for codec in (None, "gzip", "snappy", "lz4", "zstd"):
    try:
        producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, compression_type=codec, acks="all")
    except (AssertionError, RuntimeError):  # the codec's library is not installed
        continue
    name = topic("kafka-python")
    sent = [producer.send(name, value, key) for key, value in written(codec).items()]
    producer.flush(30)
    check([f.get(30).offset for f in sent] == list(range(len(sent))), codec, "offsets")
    producer.close()

    consumer = KafkaConsumer(
        name, bootstrap_servers=BOOTSTRAP, group_id=f"group-{name}", auto_offset_reset="earliest",
        enable_auto_commit=False, consumer_timeout_ms=30000)
    found = {}
    for record in consumer:
        found[record.key] = record.value
        if len(found) == len(sent):
            break
    check(found == written(codec), codec, "records differ", len(found))
    consumer.commit()
    check(consumer.committed(TopicPartition(name, 0)) == len(sent), codec, "committed")
    consumer.close()
