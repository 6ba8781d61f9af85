"""Customers in groups: features, RFM, clusters, customer value, portraits and movement."""
