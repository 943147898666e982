// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.server;

import io.varve.broker.config.BrokerConfig;
import io.varve.broker.config.Endpoint;
import io.varve.broker.config.HostPort;
import io.varve.broker.network.ConnectionQuota;
import io.varve.broker.network.KafkaListener;
import io.varve.broker.network.ListenerSettings;
import io.varve.broker.network.NetworkCounters;
import io.varve.broker.network.RequestHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// All Kafka listeners of this broker. Thread-safe once open.
final class KafkaListeners implements AutoCloseable {
    private final List<KafkaListener> listeners = new ArrayList<>();
    private final List<Endpoint> wanted;

    private KafkaListeners(List<Endpoint> wanted) {
        this.wanted = wanted;
    }

    /// @throws BrokerStartException an address cannot be listened at; nothing is left open
    static KafkaListeners open(
            BrokerConfig config, RequestHandler handler, NetworkCounters counters)
            throws BrokerStartException {
        KafkaListeners open = new KafkaListeners(config.listeners().advertised());
        ConnectionQuota quota =
                new ConnectionQuota(
                        config.network().maxConnections(), config.network().maxConnectionsPerIp());
        for (Endpoint endpoint : config.listeners().kafka()) {
            try {
                open.listeners.add(
                        KafkaListener.open(settings(config, endpoint), handler, counters, quota));
            } catch (IOException e) {
                open.close();
                throw new BrokerStartException(
                        "cannot listen: listeners="
                                + endpoint
                                + ", error="
                                + e.getMessage()
                                + "; is the port free?",
                        e);
            }
        }
        return open;
    }

    private static ListenerSettings settings(BrokerConfig config, Endpoint endpoint) {
        String host = endpoint.host().isEmpty() ? "0.0.0.0" : endpoint.host();
        ListenerSettings defaults = ListenerSettings.at(endpoint.name(), host, endpoint.port());
        return new ListenerSettings(
                defaults.name(),
                host,
                endpoint.port(),
                config.network().maxRequestBytes(),
                defaults.inFlightMax(),
                defaults.inFlightBytesMax(),
                Duration.ofMillis(config.network().maxIdleMs()),
                defaults.stallTimeout(),
                defaults.threads());
    }

    /// Where clients are told to connect, with real ports.
    List<Endpoint> advertised() {
        List<Endpoint> advertised = new ArrayList<>();
        for (int i = 0; i < listeners.size(); i++) {
            advertised.add(bound(wanted.get(i), listeners.get(i)));
        }
        return advertised;
    }

    /// Where Kafka clients connect first.
    HostPort first() {
        Endpoint endpoint = advertised().getFirst();
        return new HostPort(endpoint.host(), endpoint.port());
    }

    private static Endpoint bound(Endpoint wanted, KafkaListener listener) {
        InetSocketAddress local = listener.localAddress();
        String host =
                !wanted.host().isEmpty()
                        ? wanted.host()
                        : local.getAddress().isAnyLocalAddress()
                                ? "localhost"
                                : local.getHostString();
        return new Endpoint(
                wanted.name(),
                wanted.protocol(),
                host,
                wanted.port() == 0 ? local.getPort() : wanted.port());
    }

    @Override
    public void close() {
        listeners.forEach(KafkaListener::close);
    }
}
