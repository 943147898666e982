// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.api;

import io.varve.broker.network.OutgoingRecords;
import io.varve.broker.partition.PartitionReads;
import io.varve.broker.partition.ReadOutcome;
import io.varve.broker.shard.PartitionView;
import io.varve.manifest.PartitionId;
import io.varve.manifest.state.AbortedTxn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One pass over the partitions of a fetch. Thread-safe.
final class FetchReader {
    private static final Logger LOG = LoggerFactory.getLogger(FetchReader.class);
    private static final int NO_EPOCH = -1;

    /// First version whose responses name the current leader; its address came later.
    private static final short LEADER_IN_RESPONSE = 12;

    private static final short LEADER_ENDPOINTS = 16;

    private final Partitions partitions;
    private final LeaderView leaders;
    private final PartitionReads reads;

    FetchReader(Partitions partitions, LeaderView leaders, PartitionReads reads) {
        this.partitions = partitions;
        this.leaders = leaders;
        this.reads = reads;
    }

    /// What one pass found. Records in the response are sent or released.
    ///
    /// @param answerNow something besides records must be told: an error, a diverging epoch
    /// @param partitions those that could have more later
    /// @param loading cold ranges on their way
    record Result(
            FetchResponse response,
            long bytes,
            boolean answerNow,
            Set<PartitionId> partitions,
            List<CompletableFuture<?>> loading) {
        void release() {
            response.data()
                    .responses()
                    .forEach(topic ->
                            topic.partitions()
                                    .forEach(partition -> {
                                        if (partition.records()
                                                instanceof OutgoingRecords records) {
                                            records.release();
                                        }
                                    }));
        }
    }

    Result read(FetchRequest request, int bytesMax, String listener) {
        Pass pass =
                new Pass(
                        request.version(),
                        request.isolationLevel() == IsolationLevel.READ_COMMITTED,
                        bytesMax);
        FetchResponseData data =
                new FetchResponseData().setSessionId(FetchMetadata.INVALID_SESSION_ID);
        try {
            for (FetchTopic topic : request.data().topics()) {
                FetchableTopicResponse answer =
                        new FetchableTopicResponse()
                                .setTopic(topic.topic())
                                .setTopicId(topic.topicId());
                data.responses().add(answer);
                for (FetchPartition partition : topic.partitions()) {
                    answer.partitions().add(pass.read(topic, partition));
                }
            }
        } catch (RuntimeException failure) {
            new Result(FetchResponse.of(data), 0, true, Set.of(), List.of()).release();
            throw failure;
        }
        if (request.version() >= LEADER_ENDPOINTS && !pass.leadersNamed.isEmpty()) {
            addEndpoints(data, pass.leadersNamed, listener);
        }
        boolean nothingAsked = data.responses().isEmpty();
        return new Result(
                FetchResponse.of(data),
                pass.bytes,
                pass.answerNow || nothingAsked,
                pass.waitFor,
                pass.loading);
    }

    private void addEndpoints(FetchResponseData data, Set<Integer> named, String listener) {
        for (Node node : leaders.nodes(listener)) {
            if (named.contains(node.id())) {
                data.nodeEndpoints()
                        .add(
                                new NodeEndpoint()
                                        .setNodeId(node.id())
                                        .setHost(node.host())
                                        .setPort(node.port())
                                        .setRack(node.rack()));
            }
        }
    }

    /// The budget and the findings of one pass.
    private final class Pass {
        private final short version;
        private final boolean committedOnly;
        private final Set<PartitionId> waitFor = new HashSet<>();
        private final List<CompletableFuture<?>> loading = new ArrayList<>();
        private final Set<Integer> leadersNamed = new HashSet<>();
        private int budget;
        private long bytes;
        private boolean answerNow;

        Pass(short version, boolean committedOnly, int budget) {
            this.version = version;
            this.committedOnly = committedOnly;
            this.budget = budget;
        }

        PartitionData read(FetchTopic topic, FetchPartition asked) {
            return switch (partitions.place(topic.topic(), topic.topicId(), asked.partition())) {
                case PartitionPlace.Unknown unknown -> error(asked, unknown.error());
                case PartitionPlace.Elsewhere other -> {
                    PartitionData answer = error(asked, Errors.NOT_LEADER_OR_FOLLOWER);
                    if (version >= LEADER_IN_RESPONSE) {
                        other.leader().ifPresent(leadersNamed::add);
                        answer.setCurrentLeader(
                                new LeaderIdAndEpoch()
                                        .setLeaderId(other.leader().orElse(-1))
                                        .setLeaderEpoch(other.leaderEpoch().orElse(NO_EPOCH)));
                    }
                    yield answer;
                }
                case PartitionPlace.Here here -> readHere(asked, here);
            };
        }

        private PartitionData readHere(FetchPartition asked, PartitionPlace.Here here) {
            PartitionView view = here.view();
            Errors fenced = EpochChecks.check(asked.currentLeaderEpoch(), view.leaderEpoch());
            if (fenced != Errors.NONE) {
                return error(asked, fenced);
            }
            if (asked.lastFetchedEpoch() != NO_EPOCH) {
                Optional<PartitionView.EpochEnd> end =
                        view.endOffsetForEpoch(asked.lastFetchedEpoch());
                if (end.isEmpty()) {
                    return error(asked, Errors.OFFSET_OUT_OF_RANGE);
                }
                if (end.get().epoch() < asked.lastFetchedEpoch()
                        || end.get().endOffset() < asked.fetchOffset()) {
                    answerNow = true;
                    return found(asked, view)
                            .setDivergingEpoch(
                                    new EpochEndOffset()
                                            .setEpoch(end.get().epoch())
                                            .setEndOffset(end.get().endOffset()));
                }
            }
            return readRecords(asked, here);
        }

        private PartitionData readRecords(FetchPartition asked, PartitionPlace.Here here) {
            PartitionView view = here.view();
            int bytesMax = Math.max(0, Math.min(asked.partitionMaxBytes(), budget));
            waitFor.add(view.id());
            if (budget <= 0 && bytes > 0) {
                return found(asked, view);
            }
            PartitionData answer = found(asked, view);
            switch (reads.read(view, asked.fetchOffset(), bytesMax, committedOnly, bytes == 0)) {
                case ReadOutcome.Ready ready -> {
                    int size = ready.records().sizeInBytes();
                    budget -= size;
                    bytes += size;
                    answer.setRecords(ready.records());
                    if (committedOnly) {
                        answer.setAbortedTransactions(aborted(ready.aborted()));
                    }
                }
                case ReadOutcome.Pending pending -> loading.add(pending.loaded());
                case ReadOutcome.AtEnd _ -> {}
                case ReadOutcome.OutOfRange _ -> {
                    // Only who leads for sure knows that an offset is not there.
                    return error(
                            asked,
                            here.shard().leadsForSure()
                                    ? Errors.OFFSET_OUT_OF_RANGE
                                    : Errors.NOT_LEADER_OR_FOLLOWER);
                }
                case ReadOutcome.Failed failed -> {
                    LOG.warn(
                            "read failed: partition={}, offset={}, error={}, message={}",
                            view.id(),
                            asked.fetchOffset(),
                            failed.error(),
                            failed.message());
                    return error(asked, failed.error());
                }
            }
            return answer;
        }

        private PartitionData found(FetchPartition asked, PartitionView view) {
            PartitionData answer =
                    new PartitionData()
                            .setPartitionIndex(asked.partition())
                            .setHighWatermark(view.highWatermark())
                            .setLastStableOffset(view.lastStableOffset())
                            .setLogStartOffset(view.logStart())
                            .setRecords(MemoryRecords.EMPTY);
            return committedOnly
                    ? answer.setAbortedTransactions(List.of())
                    : answer.setAbortedTransactions(null);
        }

        private PartitionData error(FetchPartition asked, Errors error) {
            answerNow = true;
            return FetchResponse.partitionResponse(asked.partition(), error);
        }
    }

    private static List<AbortedTransaction> aborted(List<AbortedTxn> transactions) {
        return transactions.stream()
                .map(each ->
                        new AbortedTransaction()
                                .setProducerId(each.producerId())
                                .setFirstOffset(each.firstOffset()))
                .toList();
    }
}
