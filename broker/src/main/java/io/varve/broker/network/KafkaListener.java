// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A bound address where clients connect; gives their requests to a [RequestHandler]. Uses epoll
/// where there is epoll.
///
/// Thread-safe.
public final class KafkaListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaListener.class);
    private static final int BACKLOG = 1024;
    private static final int RECEIVE_BYTES_MIN = 512;
    private static final int RECEIVE_BYTES_INITIAL = 4 << 10;
    private static final int RECEIVE_BYTES_MAX = 256 << 10;
    private static final long SHUTDOWN_QUIET_MS = 0;
    private static final long SHUTDOWN_MAX_MS = 3_000;

    private final ListenerSettings settings;
    private final EventLoopGroup loops;
    private final Channel server;
    private final ChannelGroup connections;

    private KafkaListener(
            ListenerSettings settings,
            EventLoopGroup loops,
            Channel server,
            ChannelGroup connections) {
        this.settings = settings;
        this.loops = loops;
        this.server = server;
        this.connections = connections;
    }

    /// Binds and starts to accept.
    ///
    /// @param quota of all listeners of the broker together
    /// @throws IOException when the address cannot be bound; the message names it
    public static KafkaListener open(
            ListenerSettings settings,
            RequestHandler handler,
            NetworkCounters counters,
            ConnectionQuota quota)
            throws IOException {
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        Class<? extends ServerChannel> channel =
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        EventLoopGroup loops =
                new MultiThreadIoEventLoopGroup(
                        settings.threads(),
                        new DefaultThreadFactory("kafka-" + settings.name(), true),
                        io);
        ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
        try {
            Channel server =
                    new ServerBootstrap()
                            .group(loops)
                            .channel(channel)
                            .option(ChannelOption.SO_REUSEADDR, true)
                            .option(ChannelOption.SO_BACKLOG, BACKLOG)
                            .childOption(ChannelOption.TCP_NODELAY, true)
                            .childOption(ChannelOption.SO_KEEPALIVE, true)
                            .childOption(
                                    ChannelOption.RECVBUF_ALLOCATOR,
                                    new AdaptiveRecvByteBufAllocator(
                                            RECEIVE_BYTES_MIN,
                                            RECEIVE_BYTES_INITIAL,
                                            RECEIVE_BYTES_MAX))
                            .childHandler(
                                    new Pipeline(settings, handler, counters, quota, connections))
                            .bind(settings.host(), settings.port())
                            .syncUninterruptibly()
                            .channel();
            LOG.info(
                    "listener open: name={}, address={}, epoll={}",
                    settings.name(),
                    server.localAddress(),
                    epoll);
            return new KafkaListener(settings, loops, server, connections);
        } catch (Throwable failure) {
            Future<?> _ =
                    loops.shutdownGracefully(
                            SHUTDOWN_QUIET_MS, SHUTDOWN_MAX_MS, TimeUnit.MILLISECONDS);
            // Netty throws the bind's checked exception without declaring it.
            throw new IOException(
                    "cannot listen: name="
                            + settings.name()
                            + ", host="
                            + settings.host()
                            + ", port="
                            + settings.port()
                            + ", cause="
                            + failure.getMessage(),
                    failure);
        }
    }

    public String name() {
        return settings.name();
    }

    /// The address that was bound, with the real port.
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) server.localAddress();
    }

    /// Takes no more connections, but serves those that are open.
    public void stopAccepting() {
        server.close().syncUninterruptibly();
    }

    /// Closes the address and every connection.
    @Override
    public void close() {
        stopAccepting();
        connections.close().awaitUninterruptibly(SHUTDOWN_MAX_MS);
        loops.shutdownGracefully(SHUTDOWN_QUIET_MS, SHUTDOWN_MAX_MS, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(SHUTDOWN_MAX_MS);
    }

    private static final class Pipeline extends ChannelInitializer<SocketChannel> {
        private final ListenerSettings settings;
        private final RequestHandler handler;
        private final NetworkCounters counters;
        private final ConnectionQuota quota;
        private final ChannelGroup connections;

        Pipeline(
                ListenerSettings settings,
                RequestHandler handler,
                NetworkCounters counters,
                ConnectionQuota quota,
                ChannelGroup connections) {
            this.settings = settings;
            this.handler = handler;
            this.counters = counters;
            this.quota = quota;
            this.connections = connections;
        }

        @Override
        protected void initChannel(SocketChannel channel) {
            InetSocketAddress client = channel.remoteAddress();
            if (client == null) {
                ChannelFuture _ = channel.close(); // gone before it was looked at
                return;
            }
            ConnectionQuota.Admission admission = quota.admit(client.getAddress());
            if (admission != ConnectionQuota.Admission.ADMITTED) {
                counters.refusedConnection();
                LOG.warn(
                        "connection refused: listener={}, client={}, reason={}",
                        settings.name(),
                        client,
                        admission);
                ChannelFuture _ = channel.close();
                return;
            }
            counters.opened();
            channel.closeFuture()
                    .addListener(_ -> {
                        quota.closed(client.getAddress());
                        counters.closed();
                    });
            connections.add(channel);
            channel.pipeline()
                    .addLast(
                            new IdleStateHandler(
                                    true,
                                    0,
                                    settings.stallTimeout().toMillis(),
                                    settings.idleTimeout().toMillis(),
                                    TimeUnit.MILLISECONDS),
                            new FrameDecoder(settings.requestBytesMax(), counters),
                            new Connection(settings, handler, counters));
        }
    }
}
