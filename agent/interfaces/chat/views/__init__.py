"""What is shown, as HTML. Everything that comes from data, a model or a person is escaped in this package and nowhere
else: it is text, never markup, never a link, never an image."""
