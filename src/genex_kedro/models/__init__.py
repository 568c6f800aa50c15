"""Models in pure torch: a folder each, with configuration, networks and how it learns."""
