"""The nouns that all else speaks of: plans, trees, sessions, base sets, media types, units."""
