// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.broker.http.AdminView.Flushed;
import io.varve.broker.http.AdminView.FlushedPartition;
import io.varve.cli.shell.CommandFailure;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class FlushRoundsTest {
    private static final List<TopicPartition> WANTED =
            List.of(new TopicPartition("orders", 0), new TopicPartition("orders", 1));
    private static final FlushedPartition FIRST = new FlushedPartition("orders", 0, 7);
    private static final FlushedPartition SECOND = new FlushedPartition("orders", 1, 9);

    @Test
    void aPartitionWhoseLeaderMovesWhileBrokersAreAskedIsAskedForAgain() throws CommandFailure {
        AtomicInteger rounds = new AtomicInteger();
        FlushRounds.Broker one = () -> new Flushed(List.of(FIRST));
        FlushRounds.Broker other =
                () -> new Flushed(rounds.incrementAndGet() == 1 ? List.of() : List.of(SECOND));

        Flushed flushed =
                new FlushRounds(() -> List.of(one, other), Duration.ofMinutes(1)).flush(WANTED);

        assertThat(flushed.partitions()).containsExactly(FIRST, SECOND);
        assertThat(rounds).hasValue(2);
    }

    @Test
    void aBrokerThatRefusesIsAskedAgain() throws CommandFailure {
        AtomicInteger rounds = new AtomicInteger();
        FlushRounds.Broker broker =
                () -> {
                    if (rounds.incrementAndGet() == 1) {
                        throw new CommandFailure("this broker does not lead the shard now");
                    }
                    return new Flushed(List.of(SECOND, FIRST));
                };

        assertThat(
                        new FlushRounds(() -> List.of(broker), Duration.ofMinutes(1))
                                .flush(WANTED)
                                .partitions())
                .containsExactly(FIRST, SECOND);
    }

    @Test
    void whatIsStillMissingAtTheEndIsNamed() {
        FlushRounds rounds =
                new FlushRounds(() -> List.of(() -> new Flushed(List.of(FIRST))), Duration.ZERO);

        assertThatThrownBy(() -> rounds.flush(WANTED))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("first=orders-1")
                .hasMessageContaining("run it again");
    }
}
