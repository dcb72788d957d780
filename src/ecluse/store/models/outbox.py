"""What is told outside: the event feed and how far each reader of the journal is."""
