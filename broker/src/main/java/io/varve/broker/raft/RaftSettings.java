// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.nio.file.Path;
import java.time.Duration;

/// What differs between brokers and tests; everything else is fixed in [RatisProperties], with its
/// reason.
///
/// @param directory where Ratis keeps its log and metadata, one folder per group
/// @param host, port where this peer listens; port 0 takes a free one, which suits a group of one
/// @param advertisedHost, advertisedPort where others reach it; port 0 is the one it listens on
/// @param electionTimeoutMin, electionTimeoutMax a follower stands for election after this much
///   silence
/// @param firstElectionTimeoutMin, firstElectionTimeoutMax the same, right after start
/// @param entryBytesMax largest frame, table and body; also the size of an append message. Costs
///   this much and 1 MiB of direct memory per group
public record RaftSettings(
        RaftPeerName self,
        Path directory,
        String host,
        int port,
        String advertisedHost,
        int advertisedPort,
        Duration electionTimeoutMin,
        Duration electionTimeoutMax,
        Duration firstElectionTimeoutMin,
        Duration firstElectionTimeoutMax,
        int entryBytesMax) {
    public RaftSettings {
        if (electionTimeoutMin.compareTo(electionTimeoutMax) >= 0
                || firstElectionTimeoutMin.compareTo(firstElectionTimeoutMax) >= 0) {
            throw new IllegalArgumentException(
                    "election time-outs out of order: min="
                            + electionTimeoutMin
                            + ", max="
                            + electionTimeoutMax
                            + ", firstMin="
                            + firstElectionTimeoutMin
                            + ", firstMax="
                            + firstElectionTimeoutMax);
        }
        if (entryBytesMax < 64 << 10) {
            throw new IllegalArgumentException(
                    "entry limit too small: entryBytesMax=" + entryBytesMax);
        }
    }

    /// A file of Ratis's log, taken whole when it begins.
    public static final int SEGMENT_BYTES = 512 << 10;

    /// A leader that died is missed after at least this long; a heartbeat comes every half of it.
    /// Pauses of 0.3 to 0.7 s were seen on real machines; a longer one costs a change of leaders
    /// and no more. KRaft's are much the same (1 s and 2 s); with 1.5 to 3 s producers stalled for
    /// 3.6 s in the median when their leader died.
    public static final Duration ELECTION_TIMEOUT_MIN = Duration.ofSeconds(1);

    private static final Duration ELECTION_TIMEOUT_MAX = Duration.ofSeconds(2);

    /// The product's time-outs.
    public static RaftSettings of(
            RaftMember self, Path directory, String host, int port, int entryBytesMax) {
        return new RaftSettings(
                self.name(),
                directory,
                host,
                port,
                self.host(),
                self.port(),
                ELECTION_TIMEOUT_MIN,
                ELECTION_TIMEOUT_MAX,
                Duration.ofMillis(300),
                Duration.ofMillis(800),
                entryBytesMax);
    }
}
