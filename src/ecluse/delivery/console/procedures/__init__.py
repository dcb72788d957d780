"""Démarches: each establishment's way to its certificates, its people, their cards, its documents."""
