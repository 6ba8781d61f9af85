"""Recommenders: one file a model, one interface (:mod:`models.recommender.base`), chosen by measured validation.

| model | what it is for |
| --- | --- |
| factors | explicit ratings: P(u, i) = μ + b_u + b_i + q_iᵀp_u |
| linear, implicit, walk, popular | ranking by implicit purchases; blend joins several |
| pairs | item-to-item: what is bought by the same customers, how many times as often |
| content | products' text: for products that nobody bought yet |
| reorder | what a customer buys again, and when it is due |
| neural | neural collaborative filter, with ``pip install .[deep]`` |
| shop | the hybrid that serves every customer of a store, new ones too |
"""
