"""The draft of a store's YAML from what its database looks like: no rows in, no decision that is not told."""
