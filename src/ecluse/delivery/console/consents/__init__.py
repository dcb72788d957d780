"""Consents: who is to be asked about the DMP, entered in one gesture, and the leaflet that informs."""
