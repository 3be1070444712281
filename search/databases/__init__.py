"""Where stores live: one file of SQLite, or a server of PostgreSQL."""
