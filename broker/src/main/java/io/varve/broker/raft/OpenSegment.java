// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.raft;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.raftlog.RaftLogBase;
import org.apache.ratis.util.AutoCloseableLock;

/// Closes the segment that Raft's log writes to, so that what is in it can be purged.
///
/// Ratis closes a segment when it is full or the term changes, and purges closed ones only. Its
/// entries are headers of ours: half a megabyte of them stand for gigabytes of the shard log, whose
/// files must wait for the purge. Ratis has no call for this; what it does for a full segment is
/// done here, under the same lock, by reflection. A version of Ratis without these members fails at
/// the first call, and so in ShardOnDiskTest.
///
/// Stateless.
final class OpenSegment {
    private OpenSegment() {}

    /// @return false when the segment holds nothing yet
    static boolean close(RaftLog log) {
        RaftLogBase segmented = (RaftLogBase) log;
        try (AutoCloseableLock _ = segmented.writeLock()) {
            Object cache = field(log, "cache");
            Object worker = field(log, "fileLogWorker");
            Object segment = method(cache, "getOpenSegment").invoke(cache);
            if (segment == null || (int) method(segment, "numOfEntries").invoke(segment) == 0) {
                return false;
            }
            method(cache, "rollOpenSegment", boolean.class).invoke(cache, true);
            method(worker, "rollLogSegment", segment.getClass()).invoke(worker, segment);
            return true;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this Ratis closes no segment: log=" + log, e);
        }
    }

    private static Object field(Object of, String name) throws ReflectiveOperationException {
        Field field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }

    private static Method method(Object of, String name, Class<?>... parameters)
            throws ReflectiveOperationException {
        Method method = of.getClass().getDeclaredMethod(name, parameters);
        method.setAccessible(true);
        return method;
    }
}
