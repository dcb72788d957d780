"""House scripts that make calls: locks, licences, house rules, coverage, documentation."""
