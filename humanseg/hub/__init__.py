"""Where weights come from, and where they and their page are published."""
