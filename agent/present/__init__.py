"""Evidence as a reader sees it, whatever the interface: cells as text, charts as specifications and as pictures."""
