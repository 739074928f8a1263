"""A disc's layout, its exact size, its structure, and the stream of its bytes."""
