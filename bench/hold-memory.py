# SPDX-License-Identifier: Apache-2.0
"""Holds memory until it is ended: hold-memory.py GB FILE. Makes FILE once it has all of it."""
import mmap
import signal
import sys

memory = mmap.mmap(-1, int(sys.argv[1]) << 30)
for page in range(0, len(memory), mmap.PAGESIZE):
    memory[page] = 1
open(sys.argv[2], "w").close()
signal.pause()
