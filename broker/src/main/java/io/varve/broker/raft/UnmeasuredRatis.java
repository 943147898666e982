// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.ratis.metrics.LongCounter;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.Timekeeper;
import org.apache.ratis.util.TimeDuration;

/// Ratis's metrics, left out: a broker has its own of what Raft does, and Ratis's keep a sample of
/// every duration in a sorted map, some twenty times for each frame on each replica. Found by
/// Ratis's `ServiceLoader`, which takes an implementation of its own where there is none.
///
/// Thread-safe: nothing is kept.
public final class UnmeasuredRatis extends MetricRegistries {
    private static final LongCounter COUNTER =
            new LongCounter() {
                @Override
                public void inc(long n) {
                    // Nobody asks for it.
                }

                @Override
                public void dec(long n) {
                    // Nobody asks for it.
                }

                @Override
                public long getCount() {
                    return 0;
                }
            };

    private static final Timekeeper TIMER = () -> () -> 0;

    private record Registry(MetricRegistryInfo getMetricRegistryInfo)
            implements RatisMetricRegistry {
        @Override
        public Timekeeper timer(String name) {
            return TIMER;
        }

        @Override
        public LongCounter counter(String name) {
            return COUNTER;
        }

        @Override
        public boolean remove(String name) {
            return false;
        }

        @Override
        public <T> void gauge(String name, Supplier<Supplier<T>> gauge) {
            // Nobody asks for it.
        }
    }

    @Override
    public RatisMetricRegistry create(MetricRegistryInfo info) {
        return new Registry(info);
    }

    @Override
    public Optional<RatisMetricRegistry> get(MetricRegistryInfo info) {
        return Optional.empty();
    }

    @Override
    public boolean remove(MetricRegistryInfo info) {
        return false;
    }

    @Override
    public Set<MetricRegistryInfo> getMetricRegistryInfos() {
        return Set.of();
    }

    @Override
    public Collection<RatisMetricRegistry> getMetricRegistries() {
        return List.of();
    }

    @Override
    public void clear() {
        // Nothing is kept.
    }

    @Override
    public void addReporterRegistration(
            Consumer<RatisMetricRegistry> reporter, Consumer<RatisMetricRegistry> stopper) {
        // There is nothing to report.
    }

    @Override
    public void enableJmxReporter() {
        // There is nothing to report.
    }

    @Override
    public void enableConsoleReporter(TimeDuration period) {
        // There is nothing to report.
    }
}
