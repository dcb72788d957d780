"""Refusals gathered (Rejets): whose they are, what is known of them, whether they came back."""
