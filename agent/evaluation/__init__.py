"""Measuring the product: question sets graded against expectations computed elsewhere, and how long things take."""
