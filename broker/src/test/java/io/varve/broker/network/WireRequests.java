// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.network;

import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.requests.RequestHeader;

/// Requests as bytes, as Kafka's own classes write them.
public final class WireRequests {
    private WireRequests() {}

    /// Header and body, without the length field.
    public static ByteBuffer serialize(RequestHeader header, ApiMessage body) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        int size =
                header.data().size(cache, header.headerVersion())
                        + body.size(cache, header.apiVersion());
        ByteBufferAccessor out = new ByteBufferAccessor(ByteBuffer.allocate(size));
        header.data().write(out, cache, header.headerVersion());
        body.write(out, cache, header.apiVersion());
        out.flip();
        return out.buffer();
    }
}
