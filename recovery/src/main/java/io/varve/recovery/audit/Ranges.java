// SPDX-License-Identifier: Apache-2.0
package io.varve.recovery.audit;

import java.util.Map;
import java.util.TreeMap;

/// Ranges of offsets, joined where they touch. Owner: whoever fills it.
final class Ranges {
    private final TreeMap<Long, Long> endByBase = new TreeMap<>();

    void add(long base, long end) {
        if (base >= end) {
            return;
        }
        long from = base;
        long to = end;
        Map.Entry<Long, Long> before = endByBase.floorEntry(from);
        if (before != null && before.getValue() >= from) {
            from = before.getKey();
            to = Math.max(to, before.getValue());
        }
        Map.Entry<Long, Long> next = endByBase.ceilingEntry(from);
        while (next != null && next.getKey() <= to) {
            to = Math.max(to, next.getValue());
            endByBase.remove(next.getKey());
            next = endByBase.ceilingEntry(from);
        }
        endByBase.put(from, to);
    }

    /// The first offset at or behind this one that is in no range.
    long skip(long offset) {
        Map.Entry<Long, Long> at = endByBase.floorEntry(offset);
        return at != null && at.getValue() > offset ? at.getValue() : offset;
    }

    /// Where the next range behind an offset begins; `otherwise` when there is none.
    long nextBase(long offset, long otherwise) {
        Long next = endByBase.higherKey(offset);
        return next == null ? otherwise : Math.min(next, otherwise);
    }
}
