"""One module for each page of `docs/reference/`, and the words the code does not hold."""
