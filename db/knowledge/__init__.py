"""The handbook: an operator's policies as Markdown, read into passages that can be found, quoted and cited."""
