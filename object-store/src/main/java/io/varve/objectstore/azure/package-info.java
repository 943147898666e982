// SPDX-License-Identifier: Apache-2.0
/// Containers of Azure Blob Storage. The only package that knows Microsoft's SDK.
@NullMarked
package io.varve.objectstore.azure;

import org.jspecify.annotations.NullMarked;
