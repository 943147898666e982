// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client's requests: parsed, handed over in order, answered in order.
///
/// A request is open until the last byte of its response left. While as many as allowed are open
/// the channel is not read; what one receive buffer held beyond them waits here. Nor is it read
/// while its client is told to wait. Owner: the connection's event loop.
final class Connection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final int CAUSES_SHOWN_MAX = 3;

    private final ListenerSettings settings;
    private final ListenerName listenerName;
    private final RequestHandler handler;
    private final NetworkCounters counters;

    private final Deque<ByteBuf> waiting = new ArrayDeque<>();
    private final Deque<Exchange> unanswered = new ArrayDeque<>();
    private int open;
    private long openBytes;
    private boolean admitting;
    private boolean flushAfterRead;
    private boolean closing;
    private boolean muted;
    private ClientInformation client = ClientInformation.EMPTY;

    Connection(ListenerSettings settings, RequestHandler handler, NetworkCounters counters) {
        this.settings = settings;
        this.listenerName = new ListenerName(settings.name());
        this.handler = handler;
        this.counters = counters;
    }

    /// A request and, once it is there, its response.
    private static final class Exchange {
        final RequestContext context;
        final int sizeBytes;
        final long arrivedNs = System.nanoTime();
        boolean done;
        @Nullable AbstractResponse response;

        Exchange(RequestContext context, int sizeBytes) {
            this.context = context;
            this.sizeBytes = sizeBytes;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf frame = (ByteBuf) message;
        if (closing) {
            frame.release();
            return;
        }
        waiting.add(frame);
        flushAfterRead = true;
        admit(context);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        flushAfterRead = false;
        context.flush();
    }

    private boolean mayStart() {
        return !muted
                && (open == 0
                        || (open < settings.inFlightMax()
                                && openBytes < settings.inFlightBytesMax()));
    }

    private void admit(ChannelHandlerContext context) {
        if (admitting) {
            return;
        }
        admitting = true;
        try {
            while (!closing && mayStart()) {
                ByteBuf frame = waiting.poll();
                if (frame == null) {
                    break;
                }
                start(context, frame);
            }
        } finally {
            admitting = false;
        }
        boolean read = mayStart();
        if (!closing && context.channel().config().isAutoRead() != read) {
            context.channel().config().setAutoRead(read);
        }
    }

    private void start(ChannelHandlerContext context, ByteBuf frame) {
        int sizeBytes = frame.readableBytes();
        RequestContext requestContext;
        AbstractRequest body;
        try {
            ByteBuffer bytes = frame.nioBuffer();
            RequestHeader header = RequestHeader.parse(bytes);
            requestContext = contextOf(context, header);
            body = requestContext.parseRequest(bytes).request;
        } catch (RuntimeException | StackOverflowError malformed) {
            frame.release();
            counters.malformedInput();
            LOG.warn(
                    "connection closed, malformed request: client={}, size={}, cause={}",
                    context.channel().remoteAddress(),
                    sizeBytes,
                    causes(malformed));
            close(context);
            return;
        }
        counters.request(requestContext.header.apiKey(), sizeBytes);
        if (body instanceof ApiVersionsRequest versions
                && !versions.hasUnsupportedRequestVersion()
                && versions.isValid()
                && versions.data().clientSoftwareName() != null
                && !versions.data().clientSoftwareName().isEmpty()) {
            client =
                    new ClientInformation(
                            versions.data().clientSoftwareName(),
                            versions.data().clientSoftwareVersion());
        }
        Exchange exchange = new Exchange(requestContext, sizeBytes);
        unanswered.add(exchange);
        open++;
        openBytes += sizeBytes;
        Request request =
                new Request(requestContext, body, frame, sizeBytes, context.channel()::isActive);
        hand(context, exchange, request);
    }

    private void hand(ChannelHandlerContext context, Exchange exchange, Request request) {
        CompletionStage<@Nullable AbstractResponse> answer;
        try {
            answer = handler.handle(request);
        } catch (RuntimeException failure) {
            request.release();
            finish(context, exchange, errorResponse(context, request, failure));
            return;
        }
        answer.whenComplete((response, failure) -> {
            AbstractResponse result = null;
            boolean unanswerable = true;
            try {
                result = failure == null ? response : errorResponse(context, request, failure);
                unanswerable = failure != null && result == null;
            } catch (RuntimeException unknown) {
                LOG.error("failure has no response: api={}", exchange.context.header, unknown);
            }
            request.release();
            AbstractResponse sent = result;
            if (context.executor().inEventLoop()) {
                finish(context, exchange, sent);
            } else {
                context.executor().execute(() -> finish(context, exchange, sent));
            }
            if (unanswerable) {
                ChannelFuture _ = context.close();
            }
        });
    }

    private static @Nullable AbstractResponse errorResponse(
            ChannelHandlerContext context, Request request, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
        if (!(cause instanceof ApiException)) {
            LOG.error(
                    "request failed: api={}, version={}, client={}",
                    request.context().header.apiKey(),
                    request.context().apiVersion(),
                    context.channel().remoteAddress(),
                    cause);
        }
        return request.body().getErrorResponse(cause);
    }

    private void finish(
            ChannelHandlerContext context, Exchange exchange, @Nullable AbstractResponse response) {
        exchange.done = true;
        exchange.response = response;
        if (closing) {
            if (response != null) {
                NettyWritable.releaseRecords(response);
            }
            return;
        }
        boolean wrote = false;
        Exchange head = unanswered.peek();
        while (!closing && head != null && head.done) {
            unanswered.remove();
            wrote |= write(context, head);
            head = unanswered.peek();
        }
        if (wrote && !flushAfterRead) {
            context.flush();
        }
        admit(context);
    }

    private boolean write(ChannelHandlerContext context, Exchange exchange) {
        counters.answered(exchange.context.header.apiKey(), System.nanoTime() - exchange.arrivedNs);
        AbstractResponse response = exchange.response;
        if (response == null) {
            sent(exchange);
            return false;
        }
        List<Object> pieces;
        try {
            pieces =
                    NettyWritable.encode(
                            exchange.context.header.toResponseHeader(),
                            response,
                            exchange.context.apiVersion(),
                            context.alloc());
        } catch (RuntimeException failure) {
            LOG.error(
                    "connection closed, response cannot be written: request={}",
                    exchange.context.header,
                    failure);
            close(context);
            return false;
        }
        counters.sent(NettyWritable.sizeOf(pieces));
        if (response.throttleTimeMs() > 0) {
            mute(context, response.throttleTimeMs());
        }
        Iterator<Object> rest = pieces.iterator();
        while (rest.hasNext()) {
            Object piece = rest.next();
            ChannelFuture written = context.write(piece);
            if (!rest.hasNext()) {
                written.addListener(_ -> {
                    sent(exchange);
                    admit(context);
                });
            }
        }
        return true;
    }

    /// A response that tells its client to wait is sent at once, and the client is not read for
    /// that long (KIP-219): one that does not wait gains nothing.
    private void mute(ChannelHandlerContext context, int forMs) {
        if (!muted) {
            muted = true;
            Future<?> _ =
                    context.executor()
                            .schedule(
                                    () -> {
                                        muted = false;
                                        admit(context);
                                    },
                                    forMs,
                                    TimeUnit.MILLISECONDS);
        }
    }

    private void sent(Exchange exchange) {
        open--;
        openBytes -= exchange.sizeBytes;
    }

    private RequestContext contextOf(ChannelHandlerContext context, RequestHeader header) {
        InetSocketAddress remote = (InetSocketAddress) context.channel().remoteAddress();
        return new RequestContext(
                header,
                context.channel().id().asShortText(),
                remote.getAddress(),
                Optional.of(remote.getPort()),
                KafkaPrincipal.ANONYMOUS,
                listenerName,
                SecurityProtocol.PLAINTEXT,
                client,
                false);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (!(event instanceof IdleStateEvent idle)) {
            context.fireUserEventTriggered(event);
            return;
        }
        ChannelOutboundBuffer output = context.channel().unsafe().outboundBuffer();
        boolean outputWaits = output != null && output.totalPendingWriteBytes() > 0;
        if (idle.state() == IdleState.WRITER_IDLE && outputWaits) {
            LOG.warn(
                    "connection closed, client takes no response: client={}, stalled={}",
                    context.channel().remoteAddress(),
                    settings.stallTimeout());
            close(context);
        } else if (idle.state() == IdleState.ALL_IDLE && open == 0 && !outputWaits) {
            LOG.debug("connection closed, idle: client={}", context.channel().remoteAddress());
            close(context);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        dropAll();
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        if (failure instanceof IOException) {
            LOG.info(
                    "connection lost: client={}, cause={}",
                    context.channel().remoteAddress(),
                    failure.getMessage());
        } else {
            LOG.error(
                    "connection closed after a failure: client={}",
                    context.channel().remoteAddress(),
                    failure);
        }
        close(context);
    }

    private void close(ChannelHandlerContext context) {
        dropAll();
        ChannelFuture _ = context.close();
    }

    private void dropAll() {
        closing = true;
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
        for (Exchange exchange : unanswered) {
            if (exchange.response != null) {
                NettyWritable.releaseRecords(exchange.response);
            }
        }
        unanswered.clear();
    }

    private static String causes(Throwable failure) {
        StringBuilder causes = new StringBuilder(String.valueOf(failure.getMessage()));
        Throwable cause = failure.getCause();
        for (int depth = 0;
                cause != null && depth < CAUSES_SHOWN_MAX;
                depth++, cause = cause.getCause()) {
            causes.append(": ").append(cause.getMessage());
        }
        return causes.toString();
    }
}
