"""Certificats: what ends and when, slots and their rotation, requests, imports, authorities and lists of revocation."""
