// SPDX-License-Identifier: Apache-2.0
package io.varve.broker.log;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// One directory of a file system, as the shard log uses it. Names are plain file names.
///
/// What is written is durable only after [DiskFile#force()], and a name that was made, renamed or
/// deleted only after [#syncDirectory()]: a crash may undo any part of what was not. Thread-safe.
public interface DiskFiles {
    /// Names of all files, in no order.
    List<String> list() throws IOException;

    long sizeOf(String name) throws IOException;

    /// Makes a file to write.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException there is one of that name
    DiskFile create(String name) throws IOException;

    /// Opens a file to overwrite it in place.
    DiskFile openToWrite(String name) throws IOException;

    DiskFile openToRead(String name) throws IOException;

    void rename(String from, String to) throws IOException;

    /// Deletes a name; readers that have the file open go on reading it.
    void delete(String name) throws IOException;

    /// Makes every name durable that was made, renamed or deleted before.
    void syncDirectory() throws IOException;

    /// The file's bytes, readable until the arena is closed.
    MemorySegment map(String name, Arena arena) throws IOException;
}
