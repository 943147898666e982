// SPDX-License-Identifier: Apache-2.0
/// What a broker and its topics are told: keys, their defaults and bounds, where each value came
/// from.
@NullMarked
package io.varve.broker.config;

import org.jspecify.annotations.NullMarked;
