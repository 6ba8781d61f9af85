"""Prompts as data: Markdown and YAML with id, version, declared variables. No code lives here; ``agent`` reads it."""
