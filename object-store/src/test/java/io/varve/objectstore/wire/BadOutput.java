// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.wire;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/// Outputs that do not write what they are given. Owner: one thread each.
final class BadOutput {
    private BadOutput() {}

    /// Changes one bit of the byte at a position.
    static OutputStream flipping(OutputStream out, long position) {
        return new FilterOutputStream(out) {
            private long written;

            @Override
            public void write(int value) throws IOException {
                out.write(written == position ? value ^ 4 : value);
                written++;
            }

            @Override
            public void write(byte[] block, int offset, int count) throws IOException {
                byte[] copy = Arrays.copyOfRange(block, offset, offset + count);
                if (position >= written && position < written + count) {
                    copy[(int) (position - written)] ^= 4;
                }
                out.write(copy);
                written += count;
            }
        };
    }

    /// Never writes the last bytes.
    static OutputStream withoutEnd(OutputStream out, int bytes) {
        return new FilterOutputStream(out) {
            private byte[] held = {};

            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] block, int offset, int count) throws IOException {
                byte[] all = Arrays.copyOf(held, held.length + count);
                System.arraycopy(block, offset, all, held.length, count);
                int free = Math.max(0, all.length - bytes);
                out.write(all, 0, free);
                held = Arrays.copyOfRange(all, free, all.length);
            }
        };
    }

    /// What passes time.
    @FunctionalInterface
    interface Pause {
        void pass() throws IOException;
    }

    /// Pauses before each byte.
    static OutputStream dribbling(OutputStream out, Pause pause) {
        return new FilterOutputStream(out) {
            @Override
            public void write(int value) throws IOException {
                pause.pass();
                out.write(value);
            }
        };
    }

    /// Takes everything, also when nobody reads it any more.
    static final class Patient extends OutputStream {
        private final OutputStream out;
        private boolean failed;

        Patient(OutputStream out) {
            this.out = out;
        }

        boolean hasFailed() {
            return failed;
        }

        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] block, int offset, int count) {
            if (failed) {
                return;
            }
            try {
                out.write(block, offset, count);
            } catch (IOException e) {
                failed = true;
            }
        }
    }
}
