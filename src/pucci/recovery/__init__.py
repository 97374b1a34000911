"""What brings the database back: a nightly snapshot of what no photo tells, and making it anew at a start.

Why so: docs/design/recovery.md.
"""
