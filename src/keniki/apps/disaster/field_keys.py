"""The installation's own key of the reception: what devices encrypt their files for.

It follows from the installation's encryption key, so that a restored backup opens the same files and no further secret
has to be kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keniki.analysis.merging.bundles import public_text
from keniki.apps.accounts import sealing

_LABEL: Final = b"keniki reception P-256 key 1"
#: The order of P-256 (FIPS 186-4, D.1.2.3).
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def server_key() -> ec.EllipticCurvePrivateKey:
    """The private key."""
    return _derived(sealing.key())


def server_public() -> str:
    """The public key as devices are given it: base64url of the point."""
    return public_text(server_key().public_key())


@lru_cache(maxsize=4)
def _derived(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """48 bytes modulo the order: no number is noticeably likelier than another (FIPS 186-4, B.4.1)."""
    raw = HKDF(hashes.SHA256(), 48, salt=None, info=_LABEL).derive(secret)
    return ec.derive_private_key(int.from_bytes(raw, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
