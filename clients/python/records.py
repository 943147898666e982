# SPDX-License-Identifier: Apache-2.0
"""What the Python checks write and expect."""
import random
import sys

COUNT = 500
BOOTSTRAP = sys.argv[1]


def topic(client):
    return f"{client}-{random.randrange(10**9)}"


def value(codec, i):
    return (f"{codec}-{i}-" + "x" * (i % 700)).encode()


def written(codec):
    return {str(i).encode(): value(codec, i) for i in range(COUNT)}


def check(condition, *what):
    if not condition:
        sys.exit(" ".join(str(w) for w in what))
