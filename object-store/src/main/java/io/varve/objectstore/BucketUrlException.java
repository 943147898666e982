// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore;

/// A bucket URL that cannot be used: what is wrong, where, and what to do. Carries no part of the
/// URL that may be a credential.
public final class BucketUrlException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public BucketUrlException(String what, String where, String remedy) {
        super(what + ": " + where + "; " + remedy);
    }
}
