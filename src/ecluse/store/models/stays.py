"""Stays and their situation: the fold of their events."""
