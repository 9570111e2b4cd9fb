"""Random numbers by counter (Philox 4×32-10): the same place gives the same number, in whatever order it is asked
for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keniki.analysis.machine import compiled

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_UNIT = 2.0**-32
_TURN = 2.0 * math.pi


@compiled
def philox(a: int, b: int, c: int, d: int, seed: int) -> Any:
    """Four numbers of 32 bits at the counter (a, b, c, d) under a seed of 64 bits.

    Source: Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3.

    >>> [int(number) for number in philox(0, 0, 0, 0, 0)] == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    True
    """
    c0, c1, c2, c3 = np.uint64(a), np.uint64(b), np.uint64(c), np.uint64(d)
    k0, k1 = np.uint64(seed) & _LOW, np.uint64(seed) >> _HALF
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@compiled
def normals(a: int, b: int, c: int, d: int, seed: int) -> Any:
    """Four independent standard normal numbers at a counter (Box and Muller).

    >>> normals(1, 2, 3, 4, 5) == normals(1, 2, 3, 4, 5)
    True
    """
    n0, n1, n2, n3 = philox(a, b, c, d, seed)
    r0 = math.sqrt(-2.0 * math.log((float(n0) + 0.5) * _UNIT))
    r1 = math.sqrt(-2.0 * math.log((float(n2) + 0.5) * _UNIT))
    t0, t1 = _TURN * float(n1) * _UNIT, _TURN * float(n3) * _UNIT
    return r0 * math.cos(t0), r0 * math.sin(t0), r1 * math.cos(t1), r1 * math.sin(t1)
