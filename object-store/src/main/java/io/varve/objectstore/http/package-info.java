// SPDX-License-Identifier: Apache-2.0
/// What the backends that use Apache's HTTP client have in common.
@NullMarked
package io.varve.objectstore.http;

import org.jspecify.annotations.NullMarked;
