"""What was purged, when, by whom and behind which snapshot."""
