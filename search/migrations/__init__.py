"""A file for each version that tables were changed with: `version_2.py` makes 2 out of 1.

Each has `upgrade(connection)`, which runs inside a transaction, and uses nothing of `tables.py`:
that says what the tables are now, not what they were then.
"""
