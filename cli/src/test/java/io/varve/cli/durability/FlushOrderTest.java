// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Traces that are right, and traces that are not: the check can fail.
class FlushOrderTest {
    private static final Pattern SHARD_LOG = Pattern.compile("/shards/.*\\.log$");
    private static final Pattern RAFT_LOG = Pattern.compile("/raft/.*/log_inprogress_");
    private static final String MARK = "mark-1";
    private static final String TABLE = "t".repeat(40);

    private static final String CONNECTION = "106<TCP:[127.0.0.1:9092->127.0.0.1:5001]>";
    private static final String FRAMES = "108<" + FlushOrder.hex("/d/shards/1-1-0/log/2.log") + ">";
    private static final String OTHER_FRAMES = "109</d/shards/1-0-0/log/2.log>";
    private static final String ENTRIES = "96</d/raft/7c64/current/log_inprogress_0>";
    private static final String OTHER_ENTRIES = "97</d/raft/8ea2/current/log_inprogress_0>";

    private static final String REQUEST =
            "18 12:00:00.000001 recvfrom(" + CONNECTION + ", " + quoted(MARK) + ", 64, 0) = 6";
    private static final String FRAME =
            "19 12:00:00.000002 writev("
                    + FRAMES
                    + ", [{iov_base="
                    + quoted("VFRM")
                    + ", iov_len=4}, {iov_base="
                    + quoted(TABLE)
                    + ", iov_len=40}, {iov_base="
                    + quoted("xx" + MARK)
                    + ", iov_len=8}], 3) = 52";
    private static final String FRAME_FLUSH = flush(20, FRAMES);
    private static final String ENTRY =
            "21 12:00:00.000004 write(" + ENTRIES + ", " + quoted("e" + TABLE + "e") + ", 42) = 42";
    private static final String ENTRY_FLUSH = flush(21, ENTRIES);
    private static final String ANSWER =
            "18 12:00:00.000006 sendto(" + CONNECTION + ", " + quoted("ok") + ", 2, 0) = 2";

    private static String quoted(String text) {
        return '"' + FlushOrder.hex(text) + '"';
    }

    private static String flush(int thread, String target) {
        return thread + " 12:00:00.000003 fdatasync(" + target + ") = 0";
    }

    private static String violation(String... lines) {
        return new FlushOrder(SystemCall.parse(List.of(lines)), SHARD_LOG, RAFT_LOG)
                .violation(MARK)
                .orElse("");
    }

    @Test
    void everythingDurableBeforeTheAnswerIsRight() {
        assertThat(violation(REQUEST, FRAME, FRAME_FLUSH, ENTRY, ENTRY_FLUSH, ANSWER)).isEmpty();
    }

    @Test
    void callsThatWereInterruptedByOthersAreTakenWhole() {
        assertThat(
                        violation(
                                "18 12:00:00.0 recvfrom(" + CONNECTION + ",  <unfinished ...>",
                                "20 12:00:00.0 fdatasync(" + OTHER_FRAMES + " <unfinished ...>",
                                "18 12:00:00.0 <... recvfrom resumed>"
                                        + quoted(MARK)
                                        + ", 64, 0) = 6",
                                FRAME,
                                "20 12:00:00.0 <... fdatasync resumed>) = 0",
                                "20 12:00:00.0 fdatasync(" + FRAMES + " <unfinished ...>",
                                "20 12:00:00.0 <... fdatasync resumed>) = 0",
                                ENTRY,
                                "21 12:00:00.0 fdatasync(" + ENTRIES + " <unfinished ...>",
                                "21 12:00:00.0 <... fdatasync resumed>) = 0",
                                "18 12:00:00.0 sendto(" + CONNECTION + " <unfinished ...>",
                                "18 12:00:00.0 +++ killed by SIGKILL +++"))
                .isEmpty();
    }

    @Test
    void anAnswerBeforeTheFlushOfTheFrameIsFound() {
        assertThat(violation(REQUEST, FRAME, ENTRY, ENTRY_FLUSH, ANSWER, FRAME_FLUSH))
                .contains("shard log not flushed");
    }

    @Test
    void anAnswerBeforeTheFlushOfRaftsLogIsFound() {
        assertThat(violation(REQUEST, FRAME, FRAME_FLUSH, ENTRY, ANSWER, ENTRY_FLUSH))
                .contains("Raft's log not flushed");
    }

    @Test
    void anAnswerBeforeAnythingWasWrittenIsFound() {
        assertThat(violation(REQUEST, ANSWER, FRAME, FRAME_FLUSH, ENTRY, ENTRY_FLUSH))
                .contains("frame not written");
        assertThat(violation(REQUEST, FRAME, FRAME_FLUSH, ANSWER, ENTRY, ENTRY_FLUSH))
                .contains("Raft's entry not written");
    }

    @Test
    void anAnswerDuringTheFlushIsFound() {
        assertThat(
                        violation(
                                REQUEST,
                                FRAME,
                                "20 12:00:00.0 fdatasync(" + FRAMES + " <unfinished ...>",
                                ANSWER,
                                "20 12:00:00.0 <... fdatasync resumed>) = 0",
                                ENTRY,
                                ENTRY_FLUSH))
                .contains("shard log not flushed");
    }

    @Test
    void theFlushOfAnotherFileDoesNotCount() {
        assertThat(violation(REQUEST, FRAME, flush(20, OTHER_FRAMES), ENTRY, ENTRY_FLUSH, ANSWER))
                .contains("shard log not flushed");
        assertThat(violation(REQUEST, FRAME, FRAME_FLUSH, ENTRY, flush(21, OTHER_ENTRIES), ANSWER))
                .contains("Raft's log not flushed");
    }

    @Test
    void aFlushThatBeganBeforeTheWriteOrFailedDoesNotCount() {
        assertThat(
                        violation(
                                REQUEST,
                                "20 12:00:00.0 fdatasync(" + FRAMES + " <unfinished ...>",
                                FRAME,
                                "20 12:00:00.0 <... fdatasync resumed>) = 0",
                                ENTRY,
                                ENTRY_FLUSH,
                                ANSWER))
                .contains("shard log not flushed");
        assertThat(
                        violation(
                                REQUEST,
                                FRAME,
                                "20 12:00:00.0 fdatasync("
                                        + FRAMES
                                        + ") = -1 EIO (Input/output error)",
                                ENTRY,
                                ENTRY_FLUSH,
                                ANSWER))
                .contains("shard log not flushed");
    }

    @Test
    void anEntryOfRaftBeforeItsFrameIsDurableIsFound() {
        assertThat(violation(REQUEST, FRAME, ENTRY, FRAME_FLUSH, ENTRY_FLUSH, ANSWER))
                .contains("Raft's entry written before its frame was flushed");
    }

    @Test
    void anotherEntryOfRaftDoesNotCount() {
        String other = "21 12:00:00.0 write(" + ENTRIES + ", " + quoted("u".repeat(42)) + ") = 42";

        assertThat(violation(REQUEST, FRAME, FRAME_FLUSH, other, ENTRY_FLUSH, ANSWER))
                .contains("Raft's entry not written");
    }

    @Test
    void aRequestOrAnAnswerThatIsNotInTheTraceIsSaid() {
        assertThat(violation(FRAME, FRAME_FLUSH, ENTRY, ENTRY_FLUSH, ANSWER))
                .contains("no request");
        assertThat(violation(REQUEST, FRAME, FRAME_FLUSH, ENTRY, ENTRY_FLUSH))
                .contains("no answer");
    }
}
