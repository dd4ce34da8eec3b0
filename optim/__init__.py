"""What changes parameters."""
