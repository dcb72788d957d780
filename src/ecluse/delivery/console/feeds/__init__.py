"""Feeds (Flux): who sends, what came, and everything about one message."""
