// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import io.netty.buffer.ByteBuf;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestContext;

/// One parsed request. Record bytes in its body are views of the receive buffer, which lives until
/// the request is answered; whoever reads them after the answer holds the request with [#retain()]
/// until [#release()].
///
/// Thread-safe.
public final class Request {
    private final RequestContext context;
    private final AbstractRequest body;
    private final ByteBuf frame;
    private final int sizeBytes;
    private final BooleanSupplier connected;

    Request(
            RequestContext context,
            AbstractRequest body,
            ByteBuf frame,
            int sizeBytes,
            BooleanSupplier connected) {
        this.context = context;
        this.body = body;
        this.frame = frame;
        this.sizeBytes = sizeBytes;
        this.connected = connected;
    }

    /// Who asks: header, client address, principal, listener.
    public RequestContext context() {
        return context;
    }

    public AbstractRequest body() {
        return body;
    }

    /// Bytes of the request on the wire, without its length field.
    public int sizeBytes() {
        return sizeBytes;
    }

    /// Whether somebody still waits for the answer.
    public boolean isConnected() {
        return connected.getAsBoolean();
    }

    /// Keeps the receive buffer beyond the answer; each call needs one [#release()].
    public void retain() {
        frame.retain();
    }

    public void release() {
        frame.release();
    }

    /// Whether the receive buffer is still there.
    boolean isHeld() {
        return frame.refCnt() > 0;
    }
}
