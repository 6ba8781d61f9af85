"""Data: engines, the semantic layer, store loaders, the SQL guard and the product's own state."""
