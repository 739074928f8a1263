"""The texts on every disc: bag, catalog, page, stand-alone restorer; and reading them back."""
