"""Migrations of the schema, one numbered file each."""
