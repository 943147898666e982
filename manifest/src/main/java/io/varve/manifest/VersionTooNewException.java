// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest;

/// A well-formed object of a later format version: use a newer Varve. Distinct from corruption:
/// nothing is damaged.
public class VersionTooNewException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public VersionTooNewException(String object, int version, int newestKnown) {
        super(
                "format version too new, use a newer varve: object="
                        + object
                        + ", version="
                        + version
                        + ", newestKnown="
                        + newestKnown);
    }
}
