// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;

/// The file of a frame was freed after the frame was looked up: look it up again, or elsewhere.
public final class FrameGoneException extends IOException {
    private static final long serialVersionUID = 1L;

    public FrameGoneException(long file) {
        super("file was freed: file=" + LogFileNames.log(file));
    }
}
