"""Risk of payments and refunds: a ledger of what was known, rules with codes, detectors, links, and a trained model."""
