"""Make the RSA keys of the tests, once: making them at each run would take longer than the tests.

    python scripts/throw_away_keys.py > tests/data/throw_away_keys.pem

They are public for ever: nothing but a test may use them. The product makes its own keys.
"""

from __future__ import annotations

import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

NOTICE = """\
THROW-AWAY TEST KEYS. SIMULATION. They are public: never use one for anything but the tests of this project.
Clés jetables des tests. SIMULATION. Elles sont publiques : ne jamais s’en servir hors des tests de ce projet.
Made by scripts/throw_away_keys.py.
"""
KEYS = {4096: 7, 2048: 24, 1024: 1}
"""How many keys of each size: one per authority of the test PKI, and enough for a handful of certificates."""


def main() -> None:
    """Print them."""
    print(NOTICE)
    for bits, count in KEYS.items():
        for number in range(1, count + 1):
            key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
            text = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            print(f"THROW-AWAY TEST KEY, RSA {bits}, number {number}")
            sys.stdout.write(text.decode())


if __name__ == "__main__":
    main()
