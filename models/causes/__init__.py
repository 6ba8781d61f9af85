"""Why a number moved: exact decompositions of a change, and the localisation of its root cause."""
