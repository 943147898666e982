// SPDX-License-Identifier: Apache-2.0

// Sarama, speaking as clients of several Kafka versions: codecs, an idempotent producer, a group that commits.
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand"
	"os"
	"time"

	"github.com/IBM/sarama"
)

const count = 500

func must(err error, what string) {
	if err != nil {
		log.Fatalf("sarama: %s: %v", what, err)
	}
}

func main() {
	log.SetFlags(0)
	for _, version := range []sarama.KafkaVersion{sarama.V2_1_0_0, sarama.V3_6_0_0, sarama.MaxVersion} {
		for _, codec := range []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP,
			sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD} {
			run(version, codec)
		}
	}
}

func run(version sarama.KafkaVersion, codec sarama.CompressionCodec) {
	brokers := []string{os.Args[1]}
	config := sarama.NewConfig()
	config.Version = version
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Idempotent = true
	config.Producer.Return.Successes = true
	config.Producer.Compression = codec
	config.Net.MaxOpenRequests = 1
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	client, err := sarama.NewClient(brokers, config)
	must(err, "client")
	defer client.Close()
	admin, err := sarama.NewClusterAdminFromClient(client)
	must(err, "admin")
	topic := fmt.Sprintf("sarama-%d", rand.Int63())
	must(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false), "create topic")
	producer, err := sarama.NewSyncProducer(brokers, config)
	must(err, "producer")
	var messages []*sarama.ProducerMessage
	for i := 0; i < count; i++ {
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(fmt.Sprint(i)),
			Value: sarama.StringEncoder(fmt.Sprintf("value %d", i))})
	}
	must(producer.SendMessages(messages), "produce")
	must(producer.Close(), "close")

	group, err := sarama.NewConsumerGroup(brokers, "group-"+topic, config)
	must(err, "group")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	reader := &reader{}
	must(group.Consume(ctx, []string{topic}, reader), "consume")
	must(group.Close(), "close group")
	if reader.next != count {
		log.Fatalf("sarama: read %d of %d: version %v, codec %v", reader.next, count, version, codec)
	}
	offsets, err := admin.ListConsumerGroupOffsets("group-"+topic, map[string][]int32{topic: {0}})
	must(err, "committed offsets")
	if block := offsets.GetBlock(topic, 0); block.Offset != count {
		log.Fatalf("sarama: committed %d", block.Offset)
	}
}

type reader struct{ next int64 }

func (r *reader) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (r *reader) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (r *reader) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message := <-claim.Messages():
			if message == nil {
				return nil
			}
			if message.Offset != r.next || string(message.Value) != fmt.Sprintf("value %d", r.next) {
				return fmt.Errorf("record differs: offset %d: %s", message.Offset, message.Value)
			}
			r.next++
			session.MarkMessage(message, "")
			if r.next == count {
				session.Commit()
				return nil
			}
		case <-session.Context().Done():
			return nil
		}
	}
}
