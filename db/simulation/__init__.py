"""What the demo store's real purchases lack, drawn from a seed; :mod:`db.simulate` is the way in."""
