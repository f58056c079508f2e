"""How healthy a customer is: the score, what it is made of, why it moved, and its band."""
