"""A healthy world in which everything changes as it should, all the time."""
