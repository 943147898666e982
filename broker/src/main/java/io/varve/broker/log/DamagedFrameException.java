// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;

/// A frame on disk that is not what was written: the message names the file, the position and what
/// is wrong. Never repeated: the bytes are lost here, other replicas or the bucket have them.
public final class DamagedFrameException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long file;
    private final long position;

    public DamagedFrameException(String fact, long file, long position) {
        super(fact + ": file=" + LogFileNames.log(file) + ", position=" + position);
        this.file = file;
        this.position = position;
    }

    public long file() {
        return file;
    }

    public long position() {
        return position;
    }
}
