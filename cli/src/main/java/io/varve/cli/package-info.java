// SPDX-License-Identifier: Apache-2.0
/// One command for starting a broker and for every operator. Holds no logic of its own.
@NullMarked
package io.varve.cli;

import org.jspecify.annotations.NullMarked;
