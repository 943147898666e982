// SPDX-License-Identifier: Apache-2.0
package io.varve.manifest.state;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// Aborted transactions of one partition by marker offset, from some offset on. Owner: the
/// ledger's.
final class AbortedHistory {
    private final ArrayDeque<AbortedTxn> entries;
    private long knownFrom;

    AbortedHistory(List<AbortedTxn> entries, long knownFrom) {
        this.entries = new ArrayDeque<>(entries);
        this.knownFrom = knownFrom;
    }

    void add(AbortedTxn txn) {
        entries.addLast(txn);
    }

    void forgetBelow(long offset) {
        while (!entries.isEmpty() && entries.getFirst().markerOffset() < offset) {
            entries.removeFirst();
        }
        knownFrom = Math.max(knownFrom, offset);
    }

    long knownFrom() {
        return knownFrom;
    }

    List<AbortedTxn> touching(long baseOffset, long endOffset) {
        List<AbortedTxn> found = new ArrayList<>();
        for (AbortedTxn txn : entries) {
            if (txn.markerOffset() >= baseOffset && txn.firstOffset() < endOffset) {
                found.add(txn);
            }
        }
        return List.copyOf(found);
    }

    List<AbortedTxn> endingFrom(long offset) {
        return entries.stream().filter(txn -> txn.markerOffset() >= offset).toList();
    }
}
