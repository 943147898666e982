// SPDX-License-Identifier: Apache-2.0
/// The language of the bucket: what the objects are called and what they say. Works with no broker
/// running.
@NullMarked
package io.varve.manifest;

import org.jspecify.annotations.NullMarked;
