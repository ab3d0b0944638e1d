"""The pieces of a small internet of our own: hosts, zones, servers, resolvers, a tap."""
