// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.gcs;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.api.client.http.HttpContent;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.services.storage.model.StorageObject;
import io.varve.objectstore.BodyStreams;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// An object and its metadata as the two parts of one request, streamed. The SDK's own content of
/// several parts writes all of it once to learn how long it is, and a body of 512 MiB is not read
/// twice for that. Owner: one put, attempt after attempt.
final class GcsUpload implements HttpContent {
    static final String CONTENT_TYPE = "application/octet-stream";

    private static final int BLOCK_BYTES = 64 << 10;

    private final String boundary;
    private final byte[] before;
    private final byte[] after;
    private final BodyStreams body;
    private final long bodyBytes;

    /// @param stamp no other put's: no body has it within
    GcsUpload(StorageObject object, String stamp, BodyStreams body, long bodyBytes)
            throws IOException {
        this.boundary = "varve-" + stamp;
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        head.writeBytes(part("application/json; charset=UTF-8"));
        head.writeBytes(GsonFactory.getDefaultInstance().toByteArray(object));
        head.writeBytes("\r\n".getBytes(US_ASCII));
        head.writeBytes(part(CONTENT_TYPE));
        this.before = head.toByteArray();
        this.after = ("\r\n--" + boundary + "--\r\n").getBytes(US_ASCII);
        this.body = body;
        this.bodyBytes = bodyBytes;
    }

    private byte[] part(String type) {
        return ("--" + boundary + "\r\nContent-Type: " + type + "\r\n\r\n").getBytes(US_ASCII);
    }

    @Override
    public long getLength() {
        return before.length + bodyBytes + after.length;
    }

    @Override
    public String getType() {
        return "multipart/related; boundary=" + boundary;
    }

    /// Each attempt opens the body anew.
    @Override
    public boolean retrySupported() {
        return true;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        out.write(before);
        InputStream bytes = body.next();
        byte[] block = new byte[(int) Math.min(BLOCK_BYTES, Math.max(1, bodyBytes))];
        for (int count = bytes.read(block); count >= 0; count = bytes.read(block)) {
            out.write(block, 0, count);
        }
        out.write(after);
        out.flush();
    }
}
