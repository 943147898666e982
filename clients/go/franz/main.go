// SPDX-License-Identifier: Apache-2.0

// franz-go: codecs, a group that commits and goes on, lag and offsets by its admin client.
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const count = 1000

func must(err error, what string) {
	if err != nil {
		log.Fatalf("franz-go: %s: %v", what, err)
	}
}

func main() {
	log.SetFlags(0)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	for name, codec := range codecs {
		run(ctx, name, codec)
	}
}

func run(ctx context.Context, name string, codec kgo.CompressionCodec) {
	topic := fmt.Sprintf("franz-%s-%d", name, rand.Int63())
	group := "group-" + topic
	client, err := kgo.NewClient(kgo.SeedBrokers(os.Args[1]), kgo.ProducerBatchCompression(codec))
	must(err, "client")
	defer client.Close()
	admin := kadm.NewClient(client)
	created, err := admin.CreateTopic(ctx, 2, 1, map[string]*string{"max.message.bytes": kadm.StringPtr("900000")}, topic)
	must(err, "create topic")
	must(created.Err, "create topic")

	var records []*kgo.Record
	for i := 0; i < count; i++ {
		records = append(records, &kgo.Record{Topic: topic, Key: []byte(fmt.Sprint(i)), Value: []byte(fmt.Sprintf("%s %d", name, i))})
	}
	must(client.ProduceSync(ctx, records...).FirstErr(), "produce")
	consume(ctx, topic, group, name)

	lags, err := admin.Lag(ctx, group)
	must(err, "lag")
	if lag := lags[group].Lag.Total(); lag != 0 {
		log.Fatalf("franz-go: lag after commit: %d", lag)
	}
	ends, err := admin.ListEndOffsets(ctx, topic)
	must(err, "end offsets")
	var total int64
	ends.Each(func(o kadm.ListedOffset) { total += o.Offset })
	if total != count {
		log.Fatalf("franz-go: end offsets: %d", total)
	}
	_, err = admin.DeleteTopic(ctx, topic)
	must(err, "delete topic")
}

func consume(ctx context.Context, topic, group, name string) {
	consumer, err := kgo.NewClient(kgo.SeedBrokers(os.Args[1]), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	must(err, "consumer")
	defer consumer.Close()
	found := map[string]string{}
	for len(found) < count {
		fetches := consumer.PollFetches(ctx)
		must(fetches.Err(), "fetch")
		fetches.EachRecord(func(r *kgo.Record) { found[string(r.Key)] = string(r.Value) })
	}
	for i := 0; i < count; i++ {
		if want := fmt.Sprintf("%s %d", name, i); found[fmt.Sprint(i)] != want {
			log.Fatalf("franz-go: record differs: %d: %s", i, found[fmt.Sprint(i)])
		}
	}
	must(consumer.CommitUncommittedOffsets(ctx), "commit")
}
