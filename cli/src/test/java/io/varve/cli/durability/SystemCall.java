// SPDX-License-Identifier: Apache-2.0
package io.varve.cli.durability;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One call of the kernel in a trace of `strace -f -tt -yy -xx`. Immutable.
///
/// Places are line numbers of the trace: strace stops the calling thread at both ends of a call,
/// and writes them down in the order in which it saw them, so what one thread did because another
/// had come back from a call stands below that.
///
/// @param target what the call's first argument is: a file's path, or both ends of a connection
/// @param text the arguments
/// @param result what came back; for a call that never did, [#NONE]
/// @param begin, end where the call begins and ends; [Integer#MAX_VALUE] for one that never ends
record SystemCall(
        int thread, String name, String target, String text, long result, int begin, int end) {
    static final long NONE = Long.MIN_VALUE;

    private static final Pattern LINE = Pattern.compile("^(\\d+) +\\S+ (.*)$");
    private static final Pattern CALL = Pattern.compile("^(\\w+)\\((.*)$");
    private static final Pattern RESUMED = Pattern.compile("^<\\.\\.\\. (\\w+) resumed>(.*)$");
    private static final Pattern TARGET = Pattern.compile("^\\d+<((?:->|[^>])*)>");
    private static final Pattern HEX = Pattern.compile("\\\\x([0-9a-f]{2})");
    private static final Pattern RESULT = Pattern.compile("\\) += (-?\\d+)(?: .*)?$");
    private static final String UNFINISHED = "<unfinished ...>";

    /// All calls of a trace, by their beginning. Signals and ends of threads are left out.
    static List<SystemCall> parse(List<String> lines) {
        Map<Integer, SystemCall> open = new HashMap<>();
        List<SystemCall> calls = new ArrayList<>();
        for (int place = 0; place < lines.size(); place++) {
            Matcher line = LINE.matcher(lines.get(place));
            if (!line.matches()) {
                continue;
            }
            int thread = Integer.parseInt(line.group(1));
            Matcher call = CALL.matcher(line.group(2));
            Matcher resumed = RESUMED.matcher(line.group(2));
            if (call.matches()) {
                String text = call.group(2);
                SystemCall begun =
                        new SystemCall(
                                thread,
                                call.group(1),
                                target(text),
                                text,
                                NONE,
                                place,
                                Integer.MAX_VALUE);
                if (text.endsWith(UNFINISHED)) {
                    open.put(thread, begun);
                } else {
                    calls.add(begun.ended("", place));
                }
            } else if (resumed.matches()) {
                SystemCall begun = open.remove(thread);
                if (begun != null && begun.name.equals(resumed.group(1))) {
                    calls.add(begun.ended(resumed.group(2), place));
                }
            }
        }
        calls.addAll(open.values());
        calls.sort(java.util.Comparator.comparingInt(SystemCall::begin));
        return calls;
    }

    private static String target(String text) {
        Matcher target = TARGET.matcher(text);
        return target.find() ? decoded(target.group(1)) : "";
    }

    /// `-xx` prints paths in hex too.
    private static String decoded(String text) {
        return HEX.matcher(text)
                .replaceAll(hex ->
                        Matcher.quoteReplacement(
                                Character.toString(Integer.parseInt(hex.group(1), 16))));
    }

    private SystemCall ended(String more, int place) {
        String whole = text.replace(UNFINISHED, "") + more;
        Matcher result = RESULT.matcher(whole);
        return new SystemCall(
                thread,
                name,
                target,
                whole,
                result.find() ? Long.parseLong(result.group(1)) : NONE,
                begin,
                place);
    }

    /// Whether this call was over before that one began.
    boolean before(SystemCall other) {
        return end < other.begin;
    }

    boolean reads() {
        return switch (name) {
            case "read", "readv", "recvfrom", "recvmsg" -> true;
            default -> false;
        };
    }

    boolean writes() {
        return switch (name) {
            case "write",
                    "pwrite64",
                    "writev",
                    "pwritev",
                    "pwritev2",
                    "sendto",
                    "sendmsg",
                    "sendfile" ->
                    true;
            default -> false;
        };
    }

    /// Whether it makes a file's bytes durable, and did.
    boolean flushed() {
        return (name.equals("fdatasync") || name.equals("fsync")) && result == 0;
    }

    boolean isSocket() {
        return target.startsWith("TCP");
    }
}
