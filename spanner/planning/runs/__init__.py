"""Runs of neighbours: a sequence divided over discs so that each takes items that follow on."""
