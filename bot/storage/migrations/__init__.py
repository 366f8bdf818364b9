"""The history of the schema: numbered files, each made and checked on PostgreSQL."""
