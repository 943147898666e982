// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Holds a broker's system calls against what an acknowledgement promises. For a request that
/// carries a mark, which was answered before the client sent the next one:
///
/// ```
/// request read from the connection
///   -> frame with the mark written to a file of the shard log -> that file flushed
///   -> entry with that frame's table written to Raft's log    -> that file flushed
///     -> answer written to the connection
/// ```
///
/// Each arrow is: the one was over before the other began. Raft's entry also comes after the flush
/// of its frame: a header without its data cannot exist. Immutable.
final class FlushOrder {
    private static final Pattern PIECE = Pattern.compile("\"((?:\\\\x[0-9a-f]{2})*)\"");

    /// Shorter pieces of a write say too little to know an entry by them.
    private static final int PIECE_CHARS_MIN = 32 * "\\x00".length();

    private final List<SystemCall> calls;
    private final Pattern shardLog;
    private final Pattern raftLog;

    /// @param shardLog, raftLog how the paths of these files look
    FlushOrder(List<SystemCall> calls, Pattern shardLog, Pattern raftLog) {
        this.calls = List.copyOf(calls);
        this.shardLog = shardLog;
        this.raftLog = raftLog;
    }

    /// What is wrong with the request that carries this mark; empty if nothing is.
    Optional<String> violation(String mark) {
        String bytes = hex(mark);
        Optional<SystemCall> request =
                first(call -> call.reads() && call.isSocket() && call.text().contains(bytes));
        if (request.isEmpty()) {
            return Optional.of("no request with " + mark);
        }
        SystemCall asked = request.get();
        Optional<SystemCall> answer =
                first(call ->
                        call.writes()
                                && call.target().equals(asked.target())
                                && asked.before(call));
        if (answer.isEmpty()) {
            return Optional.of("no answer to " + mark);
        }
        return violation(mark, bytes, answer.get());
    }

    private Optional<String> violation(String mark, String bytes, SystemCall answer) {
        Optional<SystemCall> frame =
                first(call ->
                        call.writes()
                                && shardLog.matcher(call.target()).find()
                                && call.text().contains(bytes));
        if (frame.isEmpty() || !done(frame.get(), answer)) {
            return Optional.of("frame not written before the answer to " + mark);
        }
        Optional<SystemCall> frameFlush = flushAfter(frame.get(), answer);
        if (frameFlush.isEmpty()) {
            return Optional.of(
                    "shard log not flushed between frame and answer: file="
                            + frame.get().target()
                            + ", mark="
                            + mark);
        }
        List<String> pieces = pieces(frame.get());
        Optional<SystemCall> entry =
                first(call ->
                        call.writes()
                                && raftLog.matcher(call.target()).find()
                                && pieces.stream().anyMatch(call.text()::contains));
        if (entry.isEmpty() || !done(entry.get(), answer)) {
            return Optional.of("Raft's entry not written before the answer to " + mark);
        }
        if (!frameFlush.get().before(entry.get())) {
            return Optional.of("Raft's entry written before its frame was flushed: mark=" + mark);
        }
        if (flushAfter(entry.get(), answer).isEmpty()) {
            return Optional.of(
                    "Raft's log not flushed between entry and answer: file="
                            + entry.get().target()
                            + ", mark="
                            + mark);
        }
        return Optional.empty();
    }

    private static boolean done(SystemCall write, SystemCall answer) {
        return write.result() > 0 && write.before(answer);
    }

    /// The first flush of what was written that is over before the answer begins.
    private Optional<SystemCall> flushAfter(SystemCall write, SystemCall answer) {
        return first(call ->
                call.flushed()
                        && call.target().equals(write.target())
                        && write.before(call)
                        && call.before(answer));
    }

    private Optional<SystemCall> first(Predicate<SystemCall> wanted) {
        return calls.stream().filter(wanted).findFirst();
    }

    /// The buffers of a write.
    private static List<String> pieces(SystemCall write) {
        List<String> pieces = new ArrayList<>();
        Matcher piece = PIECE.matcher(write.text());
        while (piece.find()) {
            if (piece.group(1).length() >= PIECE_CHARS_MIN) {
                pieces.add(piece.group(1));
            }
        }
        return pieces;
    }

    /// As `strace -xx` prints it.
    static String hex(String text) {
        StringBuilder hex = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hex.append(String.format("\\x%02x", b));
        }
        return hex.toString();
    }
}
