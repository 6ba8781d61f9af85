"""Whom to target: propensity to respond, by what customers did before, and what a campaign would bring."""
