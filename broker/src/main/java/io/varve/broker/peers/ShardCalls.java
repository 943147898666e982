// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.peers;

import io.varve.broker.log.CommandSlice;
import io.varve.broker.log.FrameTable;
import io.varve.broker.log.ShardCommand;
import io.varve.broker.raft.PeerClient;
import io.varve.broker.raft.PeerHandler;
import io.varve.broker.shard.CommandOutcome;
import io.varve.broker.shard.Leadership;
import io.varve.broker.shard.Shard;
import io.varve.manifest.PartitionId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.protocol.Errors;

/// What a broker is asked about the data shards that it carries or leads, both ways of each
/// message. Stateless.
public final class ShardCalls {
    static final String OPEN = "shard-open";
    static final String SUBMIT = "shard-submit";
    static final String RUNS = "shard-runs";
    static final String ROOM = "disk-room";

    private static final Duration YES_LIMIT = Duration.ofSeconds(2);
    private static final byte[] YES = {1};
    private static final byte[] NO = {0};
    private static final int APPLIED = 0;
    private static final int UNCHANGED = 1;
    private static final int REFUSED = 2;

    private ShardCalls() {}

    /// @param local the data shards that have a replica here, by number; a live view
    /// @param runs whether a shard's Raft group is up here, by number
    /// @param room whether the disk takes what producers send
    public static Map<String, PeerHandler> handlers(
            Map<Integer, Shard> local, IntPredicate runs, BooleanSupplier room) {
        return Map.of(
                RUNS,
                request -> yesIf(runs.test(shardIn(request))),
                ROOM,
                request -> yesIf(room.getAsBoolean()),
                OPEN,
                request ->
                        CompletableFuture.completedFuture(
                                partitionsAnswer(led(local, shardIn(request)))),
                SUBMIT,
                request ->
                        led(local, shardIn(request))
                                .submit(commandIn(request))
                                .thenApply(ShardCalls::outcomeAnswer));
    }

    /// Whether a shard's group is up on another broker: its leader takes it in only then. Ratis
    /// tells a new member at once where to begin, and one that is still starting would be lost for
    /// good.
    ///
    /// @return false also when it does not answer
    public static CompletableFuture<Boolean> runs(PeerClient client, String address, int shard) {
        return isYes(client.ask(address, RUNS, shard(shard), YES_LIMIT));
    }

    /// Whether the disk of another broker takes what producers send.
    ///
    /// @return false also when it does not answer
    public static CompletableFuture<Boolean> hasRoom(PeerClient client, String address) {
        return isYes(client.ask(address, ROOM, new byte[0], YES_LIMIT));
    }

    private static CompletableFuture<byte[]> yesIf(boolean yes) {
        return CompletableFuture.completedFuture(yes ? YES : NO);
    }

    private static CompletableFuture<Boolean> isYes(CompletableFuture<byte[]> asked) {
        return asked.handle((answer, error) -> error == null && Arrays.equals(answer, YES));
    }

    private static Shard led(Map<Integer, Shard> local, int number) {
        Shard shard = local.get(number);
        if (shard == null || !(shard.leadership() instanceof Leadership.Ready)) {
            throw new NotLeaderOrFollowerException("not led here: shard=" + number);
        }
        return shard;
    }

    private interface Writing {
        void to(DataOutputStream out) throws IOException;
    }

    private interface Reading<T> {
        T from(DataInputStream in) throws IOException;
    }

    private static byte[] write(Writing writing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            writing.to(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing here does I/O
        }
        return bytes.toByteArray();
    }

    private static <T> T read(byte[] bytes, Reading<T> reading) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            return reading.from(in);
        } catch (IOException e) {
            throw new UncheckedIOException("message between brokers is cut short", e);
        }
    }

    private static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }

    static byte[] shard(int number) {
        return write(out -> out.writeInt(number));
    }

    private static int shardIn(byte[] request) {
        return read(request, DataInputStream::readInt);
    }

    private static byte[] partitionsAnswer(Shard shard) {
        Map<PartitionId, String> open = ShardLink.openIn(shard);
        return write(out -> {
            out.writeInt(open.size());
            for (var partition : open.entrySet()) {
                Uuid topic = partition.getKey().topicId();
                out.writeLong(topic.getMostSignificantBits());
                out.writeLong(topic.getLeastSignificantBits());
                out.writeInt(partition.getKey().partition());
                writeText(out, partition.getValue());
            }
        });
    }

    static Map<PartitionId, String> partitions(byte[] answer) {
        return read(
                answer,
                in -> {
                    Map<PartitionId, String> open = new HashMap<>();
                    int count = in.readInt();
                    for (int i = 0; i < count; i++) {
                        PartitionId id =
                                new PartitionId(
                                        new Uuid(in.readLong(), in.readLong()), in.readInt());
                        open.put(id, readText(in));
                    }
                    return open;
                });
    }

    /// A command goes as the table of a frame that nobody ever wrote.
    static byte[] command(int shard, ShardCommand command) {
        ByteBuffer table = new FrameTable(0, 0, List.of(new CommandSlice(command))).encode();
        return write(out -> {
            out.writeInt(shard);
            byte[] bytes = new byte[table.remaining()];
            table.get(bytes);
            out.write(bytes);
        });
    }

    private static ShardCommand commandIn(byte[] request) {
        ByteBuffer table = ByteBuffer.wrap(request, Integer.BYTES, request.length - Integer.BYTES);
        CommandSlice slice = (CommandSlice) FrameTable.decode(table.slice()).slices().getFirst();
        return slice.command();
    }

    private static byte[] outcomeAnswer(CommandOutcome outcome) {
        return write(out -> {
            switch (outcome) {
                case CommandOutcome.Applied(long index) -> {
                    out.writeByte(APPLIED);
                    out.writeLong(index);
                }
                case CommandOutcome.Unchanged(long index, String why) -> {
                    out.writeByte(UNCHANGED);
                    out.writeLong(index);
                    writeText(out, why);
                }
                case CommandOutcome.Refused(Errors error, String message) -> {
                    out.writeByte(REFUSED);
                    out.writeShort(error.code());
                    writeText(out, message);
                }
            }
        });
    }

    static CommandOutcome outcome(byte[] answer) {
        return read(
                answer,
                in ->
                        switch (in.readByte()) {
                            case APPLIED -> new CommandOutcome.Applied(in.readLong());
                            case UNCHANGED ->
                                    new CommandOutcome.Unchanged(in.readLong(), readText(in));
                            default ->
                                    new CommandOutcome.Refused(
                                            Errors.forCode(in.readShort()), readText(in));
                        });
    }
}
