// SPDX-License-Identifier: Apache-2.0
package io.varve.objectstore.wire;

/// What becomes of one request and its answer.
public enum Fault {
    PASS,
    /// The request does not reach the server.
    LOSE_REQUEST,
    /// The server has done its work, and its answer is lost with the connection.
    LOSE_ANSWER,
    /// The server has done its work, and its answer never comes.
    HANG,
    /// The answer breaks off just before its end.
    CUT_ANSWER,
    /// The answer breaks off in its head ([Wire#cutHeadsAt]).
    CUT_HEAD,
    /// The request reaches the server later ([Wire#DELAY]).
    DELAY,
    /// The answer comes at a few bytes a second: there is never a long silence, nor an end.
    DRIBBLE,
    /// The request does not reach the server, and the answer is 503 (too many requests, try later).
    ANSWER_503,
    /// The same with 429.
    ANSWER_429,
    /// One bit in the middle of the request's body is another.
    FLIP_REQUEST,
    /// One bit in the middle of the answer's body is another.
    FLIP_ANSWER
}
