"""What is handed out to those who have no checkout."""
