"""Journal: acts and changes of settings, the access trail, and the proofs that both are as they were written."""
