// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.shard;

import java.util.OptionalInt;
import java.util.OptionalLong;

/// Who leads a shard, as this broker knows it.
///
/// ```
/// Elsewhere --elected--> NotReady --all before its term applied--> Ready      any --lost--> Elsewhere
/// ```
public sealed interface Leadership {
    /// This broker leads in `term` and everything of earlier terms is applied: it may write and
    /// answer reads.
    record Ready(long term) implements Leadership {}

    /// This broker is elected for `term`, and entries of earlier terms are not applied yet.
    record NotReady(long term) implements Leadership {}

    /// Another broker leads (its node id), or nobody is known to.
    record Elsewhere(OptionalInt nodeId) implements Leadership {
        public static final Elsewhere UNKNOWN = new Elsewhere(OptionalInt.empty());
    }

    /// The term in which this broker is ready, or empty.
    default OptionalLong readyTerm() {
        return this instanceof Ready ready ? OptionalLong.of(ready.term()) : OptionalLong.empty();
    }
}
