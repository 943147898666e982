// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.junit.jupiter.api.Test;

final class UnmeasuredRatisTest {
    @Test
    void ratisFindsItAndKeepsNothing() {
        MetricRegistries registries = MetricRegistries.global();

        assertThat(registries).isInstanceOf(UnmeasuredRatis.class);
        RatisMetricRegistry registry =
                registries.create(new MetricRegistryInfo("prefix", "application", "component", ""));
        registry.counter("counter").inc();
        assertThat(registry.counter("counter").getCount()).isZero();
        assertThat(registry.timer("timer").time().stop()).isZero();
        assertThat(registries.getMetricRegistries()).isEmpty();
    }
}
