"""Messages on their way out: what is sent, where to, and an outbox that sends each of them once."""
