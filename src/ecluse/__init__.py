"""Écluse: the open gate between a French health application and the national e-health services."""

__version__ = "0.1.0"
