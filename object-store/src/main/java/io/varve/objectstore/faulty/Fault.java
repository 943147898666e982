// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.faulty;

import io.varve.objectstore.StoreOperation;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/// One way for a store to lie about one request. Immutable.
public sealed interface Fault {
    /// The request fails as transient and nothing is done.
    record FailBefore() implements Fault {}

    /// The work is done, and the request fails as transient: the caller cannot know.
    record FailAfter() implements Fault {}

    /// The store asks to slow down (503): transient, nothing is done.
    record Throttle() implements Fault {}

    /// The store refuses for good, as without permission or space; nothing is done.
    record Deny() implements Fault {}

    /// The answer comes late, and right. The time passes in the store's [Waiter].
    record Delay(Duration time) implements Fault {}

    /// A put stores only the first `keptBytes` bytes (at most all but one) and reports success.
    record TearPut(long keptBytes) implements Fault {}

    /// A get returns its range with one bit flipped: bit number `bit` modulo the bits there are.
    record FlipGet(long bit) implements Fault {}

    /// A get returns only the first `keptBytes` bytes of its range (at most all but one).
    record CutGet(int keptBytes) implements Fault {}

    /// A page of a listing lacks its entry number `entry` modulo its entries; the entry behind the
    /// page moves up.
    record ForgetEntry(int entry) implements Fault {}

    /// A batch delete leaves its key number `entry` modulo its keys, and says so.
    record KeepOne(int entry) implements Fault {}

    /// The requests that can be lied about in this way.
    default Set<StoreOperation> operations() {
        return switch (this) {
            case FailBefore _, FailAfter _, Throttle _, Deny _, Delay _ ->
                    EnumSet.allOf(StoreOperation.class);
            case TearPut _ -> EnumSet.of(StoreOperation.PUT);
            case FlipGet _, CutGet _ -> EnumSet.of(StoreOperation.GET);
            case ForgetEntry _ -> EnumSet.of(StoreOperation.LIST);
            case KeepOne _ -> EnumSet.of(StoreOperation.DELETE);
        };
    }
}
