// SPDX-License-Identifier: Apache-2.0
/// What the bucket says of a topic as such: a copy for people and for rebuilds.
@NullMarked
package io.varve.manifest.topic;

import org.jspecify.annotations.NullMarked;
