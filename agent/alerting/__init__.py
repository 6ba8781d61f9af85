"""Alert rules: held against the store when new data has come in, told once when they turn red and once when green."""
