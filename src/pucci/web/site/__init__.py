"""The pages, by Flask."""
