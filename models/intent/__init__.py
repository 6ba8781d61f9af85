"""What a customer's message wants: order, refund, delivery or others, and finer; and the state of a conversation."""
